"""Serves the page to this machine alone, without a request to any other."""

import contextlib
import dataclasses
import os
import typing
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from stargan_tf.base import errors
from stargan_tf.demo_page import library, look, uploads

if typing.TYPE_CHECKING:
    import gradio

HOST = "127.0.0.1"
_WAITING = 32  # requests in the queue; who comes then is told to try again
_SESSIONS = 100  # whose kept styles are remembered
# What the browser may load: from this server, and what the page itself has made.
POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; base-uri 'self'"
)


@dataclasses.dataclass(frozen=True)
class Served:
    """A page that is served.

    Attributes:
      address: Of the page, "http://127.0.0.1:7860/".
    """

    address: str


class OnlyFromHere:
    """ASGI middleware that tells browsers to load nothing from anywhere else."""

    def __init__(self, app: Callable):
        self._app = app

    async def __call__(
        self, scope: dict[str, Any], receive: Callable, send: Callable[..., Awaitable]
    ) -> None:
        """Passes a request on, and adds the policy to its answer."""

        async def with_policy(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", POLICY.encode())
                message = {**message, "headers": [*message.get("headers", ()), policy]}
            await send(message)

        await self._app(scope, receive, with_policy if scope["type"] == "http" else send)


@contextlib.contextmanager
def files_in(folder: str) -> Iterator[None]:
    """Lets Gradio keep uploads and results in a folder for a while."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    os.environ["GRADIO_TEMP_DIR"] = folder
    try:
        yield
    finally:
        os.environ.pop("GRADIO_TEMP_DIR")
        if before is not None:
            os.environ["GRADIO_TEMP_DIR"] = before


@contextlib.contextmanager
def serving(page: "gradio.Blocks", port: int | None, browser: bool = False) -> Iterator[Served]:
    """Serves a page while the context is open.

    Args:
      page: The page.
      port: Of 127.0.0.1; None: the first that is free, from 7860 on.
      browser: Whether to open the page in the user's browser.

    Raises:
      UserError: The port, or every one, is taken.
    """
    from starlette import middleware
    from starlette.middleware import trustedhost

    library.imported()
    page.queue(max_size=_WAITING, default_concurrency_limit=1)
    guards = [
        # A site elsewhere whose name leads here, too, must not read what this one answers.
        middleware.Middleware(trustedhost.TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]),
        middleware.Middleware(OnlyFromHere),
    ]
    try:
        _, address, _ = page.launch(
            server_name=HOST, server_port=port, inbrowser=browser, inline=False, share=False,
            prevent_thread_lock=True, quiet=True, show_error=False, footer_links=[],
            run_history=False, enable_monitoring=False, ssr_mode=False, pwa=False,
            mcp_server=False, root_path="", max_file_size=uploads.MOST_MEGABYTES * 2**20,
            state_session_capacity=_SESSIONS, theme=look.theme(), css=look.CSS,
            app_kwargs={"middleware": guards},
        )  # fmt: skip
    except OSError as error:
        where = "every port from 7860 to 7959" if port is None else f"port {port}"
        raise errors.UserError(
            f"The demo can't be served on {HOST}: {where} is taken; pass another `port`."
        ) from error
    try:
        yield Served(address)
    finally:
        page.close(verbose=False)
