"""The application, put together: `python -m uvicorn pokertool.api:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from pokertool import __version__, health
from pokertool.body_limit import BodyLimit
from pokertool.equity import routes as equity_routes
from pokertool.frontend import Frontend
from pokertool.hands import routes as hands_routes
from pokertool.ocr import routes as ocr_routes
from pokertool.problems import install_handlers
from pokertool.services import Services
from pokertool.settings import Settings


def create_app(services: Services) -> FastAPI:
    """An application over its services; it starts whether or not they can be reached."""
    app = FastAPI(
        title="PokerTool",
        version=__version__,
        lifespan=_lifespan,
        redirect_slashes=False,
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
    )
    app.state.services = services
    app.state.monitor = health.Monitor(services)
    for routes in (health, equity_routes, hands_routes, ocr_routes):
        app.include_router(routes.router)
    app.router.default = Frontend(services.settings.frontend_dir, app.router.default)
    app.add_middleware(BodyLimit)
    install_handlers(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.monitor.warm_up()
    yield
    app.state.monitor.close()
    app.state.services.database.close()


app = create_app(Services.of(Settings.from_environment()))
