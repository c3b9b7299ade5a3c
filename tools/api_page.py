"""The API's description as one HTML file that needs nothing from anywhere.

`python -m tools.api_page FILE`, with the Python of `.tools/api`: Redoc's script (MIT licence)
comes out of the package drf-spectacular-sidecar and is written into the page, with its licence.
"""

import argparse
import json
from importlib.util import find_spec
from pathlib import Path
from string import Template

from tools.api_description import TITLE, Document, plain_description

BUNDLES = Path("static/drf_spectacular_sidecar/redoc")
# Redoc's script would fetch this from its makers' server, to show it below the menu.
LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
NO_PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
OPTIONS = {
    # Its search needs a worker, which a page that was opened as a file may not start.
    "disableSearch": True,
    "hideDownloadButtons": True,
    "expandResponses": "202,200",
    "sortRequiredPropsFirst": True,
    "theme": {
        "typography": {
            "fontFamily": "system-ui, sans-serif",
            "headings": {"fontFamily": "system-ui, sans-serif"},
            "code": {"fontFamily": "ui-monospace, monospace"},
        }
    },
}
PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:">
<title>$title</title>
<link rel="icon" href="data:,">
<style>body { margin: 0 }</style>
</head>
<body>
<noscript>This page needs JavaScript. What it shows is in openapi.yaml.</noscript>
<main id="api"></main>
<!-- Redoc:
$licence
-->
<script>$script</script>
<script>Redoc.init($description, $options, document.getElementById("api"));</script>
</body>
</html>
""")


def page(description: Document, script: str, licence: str) -> str:
    """The page. Raises ValueError if the script is not the one that this knows how to inline."""
    if script.count(LOGO) != 1 or "</script" in script:
        raise ValueError("this Redoc has to be looked at before it is put into a page")
    return PAGE.substitute(
        title=TITLE,
        licence=licence.strip(),
        script=script.replace(LOGO, NO_PICTURE),
        description=_inline(description),
        options=_inline(OPTIONS),
    )


def _inline(value: object) -> str:
    # Nothing in it may end the script element.
    return json.dumps(value).replace("</", "<\\/")


def _bundled(name: str) -> str:
    """A file of Redoc's. The package is only looked for: importing it would import Django."""
    found = find_spec("drf_spectacular_sidecar")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("Redoc is not installed here: run this by `make api-page`.")
    folder = Path(found.submodule_search_locations[0])
    return (folder / BUNDLES / name).read_text(encoding="utf-8")


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.api_page", description=__doc__)
    parser.add_argument("file", type=Path, help="where to write it")
    file: Path = parser.parse_args().file
    script, licence = _bundled("bundles/redoc.standalone.js"), _bundled("LICENSE")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(plain_description(), script, licence), encoding="utf-8")
    print(f"wrote {file} ({file.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
