"""Serve the built web app: files for ever, the page itself never from a cache."""

from pathlib import Path

from aiohttp import web

from stacks.browser_policy import FOREVER, REVALIDATE


class Pages:
    """The files below `dist`; every other address is a page of the app, which routes by itself."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist.resolve()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a GET with a file, or with the app's page."""
        path = request.match_info["path"]
        file = self._file(path)
        if file is None:
            if "." in path.rsplit("/", 1)[-1]:
                return web.Response(status=404, text="There is no such file.\n")
            file = self._dist / "index.html"
        if not file.is_file():
            return web.Response(status=503, text="The web app is not built: run `make run`.\n")
        cache = FOREVER if path.startswith("assets/") else REVALIDATE
        return web.FileResponse(file, headers={"Cache-Control": cache})

    def _file(self, path: str) -> Path | None:
        wanted = (self._dist / path).resolve()
        return wanted if wanted.is_relative_to(self._dist) and wanted.is_file() else None
