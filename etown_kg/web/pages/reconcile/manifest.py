"""The manifest of the reconciliation service (API 0.2, section 3.1)."""

from __future__ import annotations

from etown_kg import __version__, vocab
from etown_kg.web.pages.language import plain
from etown_kg.web.pages.reconcile.suggesting import KINDS
from etown_kg.web.pages.site import Site

VERSIONS = ("0.2",)
# Queries of one batch.
BATCH = 50
# What a preview is shown in, in pixels.
WIDTH, HEIGHT = 420, 220


def manifest(site: Site, root: str, language: str) -> dict[str, object]:
    """What the service is and offers; `root` is the server's address without a slash at its end."""
    return {
        "versions": list(VERSIONS),
        "name": site.title(language) or plain("frame.untitled", language),
        "identifierSpace": site.base,
        "schemaSpace": vocab.OWL + "Thing",
        "defaultTypes": [
            {"id": vocab.OWL + "Thing", "name": plain("reconcile.anything", language)}
        ],
        "documentation": f"{root}/",
        "logo": f"{root}/static/icon.png",
        "serviceVersion": __version__,
        "batchSize": BATCH,
        "view": {"url": f"{root}/describe?iri={{{{id}}}}"},
        "preview": {
            "url": f"{root}/reconcile/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT,
        },
        "suggest": {
            kind: {
                "service_url": root,
                "service_path": f"/reconcile/suggest/{kind}",
                "flyout_service_url": root,
                "flyout_service_path": f"/reconcile/flyout/{kind}?id=${{id}}",
            }
            for kind in KINDS
        },
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/reconcile/properties"},
            "property_settings": [
                {
                    "name": "limit", "type": "number", "default": 0,
                    "label": plain("reconcile.limit", language),
                    "help_text": plain("reconcile.limit_help", language),
                },
                {
                    "name": "lang", "type": "text", "default": "",
                    "label": plain("reconcile.lang", language),
                    "help_text": plain("reconcile.lang_help", language),
                },
            ],
        },
    }  # fmt: skip
