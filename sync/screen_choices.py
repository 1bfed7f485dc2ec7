"""What the screen's own keys of the configuration may hold."""

from __future__ import annotations

from typing import Literal

ScreenLanguage = Literal["", "en", "no", "sv", "it", "ru"]
ThemeName = Literal["auto", "dark", "light", "mono"]
KeySet = Literal["vim", "arrows"]
Notify = Literal["auto", "osc9", "osc777", "bell", "off"]
