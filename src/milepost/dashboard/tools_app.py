"""The example application of the demo: its files, and how it finds this server. For demos only: whoever asks gets a
write key and a token of the one customer it plays."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from pathlib import Path

import msgspec
from litestar import Router, get
from litestar.response import Response
from litestar.static_files import create_static_files_router

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.dashboard.static_files import CONTENT_SECURITY_POLICY

#: The customer whom everyone plays who opens the example.
EXAMPLE_CUSTOMER = "example-inc"
_FILES = Path(str(resources.files("milepost").joinpath("demo/tools_app")))
_TOKEN_VALID = timedelta(days=1)


class ToolsAppConfig(msgspec.Struct, rename="camel"):
    """What the example reads first: where to send, as whom, and a token to read its own standing."""

    host: str
    write_key: str
    customer_id: str
    token: str
    current_arr: str = "$2M+"
    target_arr: str = "$10M"
    growth_stage: str | msgspec.UnsetType = msgspec.UNSET
    notice: str | msgspec.UnsetType = msgspec.UNSET


@get("/tools-app/config.json", include_in_schema=False, access=Caller.ANYBODY)
async def get_config(request: AnyRequest) -> Response[ToolsAppConfig]:
    served = services(request)
    token = served.tokens.make(EXAMPLE_CUSTOMER, now=served.now(), valid=_TOKEN_VALID)
    stages = list(served.plan.stage_names())
    config = ToolsAppConfig(
        served.settings.url,
        served.settings.write_key,
        EXAMPLE_CUSTOMER,
        token,
        # Neither at the beginning nor at the end, wherever the plan has so many.
        growth_stage=stages[len(stages) // 2] if stages else msgspec.UNSET,
        notice=served.settings.notice or msgspec.UNSET,
    )
    return Response(config, headers={"Cache-Control": "no-store"})


def tools_app_routes() -> list[object]:
    """The example's handlers; none where its files were not built."""
    if not (_FILES / "index.html").is_file():
        return []
    files: Router = create_static_files_router(
        path="/tools-app",
        directories=[_FILES],
        html_mode=True,
        include_in_schema=False,
        opt={ACCESS: Caller.ANYBODY},
        after_request=_locked_down,
    )
    return [get_config, files]


def _locked_down(response: Response[object]) -> Response[object]:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
