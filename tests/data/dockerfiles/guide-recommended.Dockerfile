# syntax=docker/dockerfile:1.4

# ============================================================================
# Stage 1: Python Dependencies Builder
# ============================================================================
FROM python:3.12-alpine as python-builder

WORKDIR /build

# Install build dependencies
RUN apk add --no-cache \
    gcc \
    musl-dev \
    libffi-dev \
    postgresql-dev \
    build-base

# Build Python wheels
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --no-cache-dir --wheel-dir /wheels -r requirements.txt

# ============================================================================
# Stage 2: Frontend Builder
# ============================================================================
FROM node:18-alpine as frontend-builder

WORKDIR /build

# Install dependencies
COPY pokertool-frontend/package*.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --only=production

# Build frontend
COPY pokertool-frontend/ ./
RUN npm run build && \
    find build -name '*.map' -delete

# ============================================================================
# Stage 3: Production Runtime
# ============================================================================
FROM python:3.12-alpine

LABEL maintainer="pokertool@example.com" \
      version="1.0.0" \
      description="PokerTool - Optimized Production Image"

# Install runtime dependencies
RUN apk add --no-cache \
    libpq \
    tesseract-ocr \
    curl \
    && adduser -D -u 1000 pokertool

WORKDIR /app

# Copy and install Python packages
COPY --from=python-builder /wheels /wheels
RUN pip install --no-cache-dir /wheels/* && rm -rf /wheels

# Copy application
COPY --chown=pokertool:pokertool src/ ./src/
COPY --chown=pokertool:pokertool scripts/ ./scripts/
COPY --chown=pokertool:pokertool --from=frontend-builder /build/build ./pokertool-frontend/build

# Environment variables
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    API_PORT=5001

USER pokertool

EXPOSE 5001

HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \
    CMD curl -f http://localhost:5001/health || exit 1

CMD ["python", "-m", "uvicorn", "pokertool.api:app", "--host", "0.0.0.0", "--port", "5001"]
