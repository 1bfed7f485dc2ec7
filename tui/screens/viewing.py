"""Which list is shown: the views, with or without a search, and those that a person keeps under a name."""

from __future__ import annotations

from tui.gateway import SavedView, View
from tui.keymap import KEYS
from tui.screens.stepping import SteppingScreen
from tui.values import BadValue
from tui.widgets.entry_line import Question
from tui.widgets.header_bar import VIEW_WORDS, view_words
from tui.widgets.search_input import SearchInput
from tui.words import mark, say

_SAVE = mark("A name for what is shown now · nothing forgets the view shown · Esc leaves")


class ViewingScreen(SteppingScreen):
    """Another view begins at its top; the same one keeps its place."""

    def search_for(self, text: str) -> None:
        """Another search is no saved view any more."""
        if text.strip() != self.text.strip():
            self.view_name = ""
        super().search_for(text)

    def show_view(self, view: View, text: str | None = None, name: str = "") -> None:
        """Show another list, with the search that stands there or with this one."""
        wanted = self.text if text is None else text
        if (view, wanted, name) == (self.view, self.text, self.view_name):
            return
        self.view, self.text, self.view_name = view, wanted, name
        if text is not None:
            with self.prevent(SearchInput.Changed):
                self.query_one(SearchInput).value = text
            self.set_class(bool(text), "-searching")
        self.reload(from_top=True)
        self.show_pane(self.threads)

    def action_choose_view(self) -> None:
        from tui.screens.view_picker import ViewPicker

        def chosen(saved: SavedView | None) -> None:
            if saved is None:
                return
            if saved.name:
                self.show_view(saved.view, saved.text, saved.name)
            else:
                self.show_view(saved.view, "" if self.view_name else None)

        self.app.push_screen(ViewPicker(self.gateway, current=self.view), chosen)

    def action_step_view(self, by: int) -> None:
        views = list(VIEW_WORDS)
        self.show_view(views[(views.index(self.view) + by) % len(views)])

    def action_show(self, view: str) -> None:
        """A view by its name."""
        self.show_view(next(each for each in VIEW_WORDS if each.value == view))

    def action_save_view(self) -> None:
        """Keep the view and its search under a name; the shown one is forgotten if its name is taken out."""
        shown = self.view_name

        def meaning(name: str) -> str:
            if not name.strip() and not shown:
                raise BadValue(say("Give it a name."))
            what = view_words(self.view) + (f" “{self.text}”" if self.text else "")
            return (
                say("{what} as “{name}”", what=what, name=name.strip())
                if name.strip()
                else say("forget “{name}”", name=shown)
            )

        def take(name: str) -> None:
            if name.strip():
                saved = SavedView(name.strip(), self.view, self.text)
                self.view_name = saved.name
                self.edit(
                    lambda: self.gateway.save_view(saved),
                    say("Kept as “{name}”; {key[filter]} shows it", key=KEYS, name=saved.name),
                )
            else:
                self.view_name = ""
                self.edit(lambda: self.gateway.forget_view(shown), say("“{name}” is forgotten", name=shown))
            self.reload()

        self.entry.ask(Question(say("Keep this view as:"), say(_SAVE), meaning, take), shown)
