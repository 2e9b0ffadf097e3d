import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// During development the API runs elsewhere; in production both share one origin.
const backend = process.env["POKERTOOL_API"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist",
    sourcemap: false,
    // No data: URIs and no inline script, so that a strict Content-Security-Policy fits.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": backend, "/health": backend },
  },
});
