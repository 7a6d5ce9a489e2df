"""What changes make of a window's row. Pure: the store and what waits to be saved do the same."""

from __future__ import annotations

from dataclasses import replace

from j2a.caption import Caption
from j2a.clip import Clip
from j2a.errors import StoreError
from j2a.features.record import Features
from j2a.printable import one_paragraph, several_lines
from j2a.records import dataclass
from j2a.store.records import ABOUT_FILE_MS, Key, Row, Status, clip_of, kept_error
from j2a.store.variants import Pick, Variant, asked_for


@dataclass(frozen=True, slots=True)
class Incoming:
    """A caption from elsewhere. Without a status it is a draft; without provenance nobody knows what wrote it."""

    clip: Clip
    text: str
    status: Status | None = None
    caption: Caption | None = None

    def change(self, row: Row) -> Row:
        """The row of its window with it."""
        return taken_in(row, several_lines(self.text), self.status, self.caption)


def generated(row: Row, caption: Caption, *, over_kept: bool = False) -> Row:
    """A generated caption is on the desk, as a draft; what was there before stays among the variants.

    Raises ``StoreError`` where the text was accepted or has words of a person, unless ``over_kept``.
    """
    if row.kept and not over_kept:
        raise kept_error()
    text = one_paragraph(caption.text)
    before = row.every_variant
    here = len(before)
    if row.caption is not None and not row.caption.prompt_id and asked_for(row.caption) == asked_for(caption):
        here = row.variant  # what was there is the beginning of this one
    new = Variant.of(text, caption)
    here = next((place for place, one in enumerate(before) if _same(one, new)), here)
    variants = (*before[:here], new, *before[here + 1:]) if before else ()
    return replace(
        row, text=text, generated_text=one_paragraph(caption.written) or text, status=Status.DRAFT, caption=caption,
        variants=variants if len(variants) > 1 else (), variant=here if len(variants) > 1 else 0,
    )  # fmt: skip


def edited(row: Row, text: str) -> Row:
    """A person has written. Provenance and status stay; what had failed is a draft."""
    return replace(row, text=text, status=Status.DRAFT if row.status is Status.FAILED else row.status)


def failed(row: Row) -> Row:
    """No caption could be made; a text or a decision stays."""
    return row if row.text.strip() or row.status is not Status.DRAFT else replace(row, status=Status.FAILED)


def chosen(row: Row, place: int) -> Row:
    """Another variant is on the desk; one that was not there to be decided about is a draft.

    Raises ``StoreError`` where there is no such variant.
    """
    variants = row.every_variant
    if not 0 <= place < len(variants):
        raise StoreError(f"There is no variant {place + 1} of this window.", "r writes another one.",
                         title="No such variant")  # fmt: skip
    if place == row.variant:
        return row
    return _on_the_desk(replace(row, variants=variants, status=Status.DRAFT), place)


def followed(row: Row, text: str) -> Row:
    """The words follow a correction. Where they are a model's they stay that, with what it wrote kept beside them."""
    caption = row.caption
    if caption is not None and not row.edited:
        written = caption.written or caption.text
        caption = replace(caption, text=text, written="" if written == text else written)
    return replace(row, text=text, caption=caption)


def taken_in(row: Row, text: str, status: Status | None, caption: Caption | None) -> Row:
    """A text from elsewhere, in the place of the one there is; ``None``: a draft, and by whom it was is not known.

    What was generated here before stays beside it, as with words typed by hand.
    """
    new = replace(row, text=text, status=status or (row.status if row.text == text else Status.DRAFT))
    if caption is not None:
        new = replace(new, caption=caption, generated_text=_written(caption))
    return new


def picked(row: Row, pick: Pick, features: Features) -> Row:
    """Two captions were compared: both are variants now, the better one is on the desk unless a text there is kept."""
    for one in (pick.left, pick.right):
        if not any(_same(one, other) for other in row.every_variant):
            row = _added(row, one, features)
    row = replace(row, picks=(*row.picks, pick))
    if row.kept or pick.better is None:
        return row
    better = pick.better[0]
    place = next(place for place, one in enumerate(row.every_variant) if _same(one, better))
    return chosen(row, place)


def _added(row: Row, one: Variant, features: Features) -> Row:
    """One more variant, which is on the desk only where nothing was."""
    variants = row.every_variant
    if variants:
        return replace(row, variants=(*variants, one))
    caption = replace(one.caption, features=features) if one.caption else None
    return replace(row, text=one.text, caption=caption, generated_text=_written(caption))


def _on_the_desk(row: Row, place: int) -> Row:
    one = row.variants[place]
    known = row.caption.features if row.caption else Features()
    caption = replace(one.caption, features=known) if one.caption else None
    return replace(row, text=one.text, caption=caption, generated_text=_written(caption), variant=place)


def _written(caption: Caption | None) -> str:
    return (caption.written or caption.text) if caption else ""


def _same(one: Variant, other: Variant) -> bool:
    return one.text == other.text and one.asked == other.asked


def empty(key: Key, at: str) -> Row:
    """A window of which nothing is known."""
    return Row(clip_of(key), "", "", Status.DRAFT, None, "", at, at, about_file=key.start_ms == ABOUT_FILE_MS)
