"""An exhibit on a page: its controls and its picture, two mounts that share one state in the browser."""

from __future__ import annotations

from functools import partial

from classroom.deck import Slide
from classroom.exhibit import controls_for
from classroom.exhibits import EXHIBITS
from classroom.frames import at_hand, frame_of
from classroom.picture import addressed
from classroom.ui import memory
from classroom.ui.components import CONTROLS, PICTURE

# Where a layout puts its picture: pictures in one place are as wide.
PLACES = {"wide": "wide", "table": "wide", "quiz": "quiz"}


def controls(slide: Slide) -> None:
    """Draw the controls of the slide's exhibit; on release their values come back and the address takes them."""
    exhibit = memory.exhibit_of(slide)
    if not exhibit.controls():
        return
    key = f"controls-{slide.id}"
    CONTROLS(
        key=key,
        data={
            "stage": slide.id,
            "exhibit": slide.exhibit,
            "slow": exhibit.slow,
            "linked": True,
            "controls": controls_for(exhibit),
            "state": exhibit.state(),
            "seq": memory.moves(slide),
        },
        on_state_change=partial(memory.keep_settings, slide, key),
    )


def picture(slide: Slide) -> None:
    """Draw the picture of the slide's exhibit as the reader has set it.

    A picture that waits for a run is fetched by the browser, so that the slide stands at once.
    """
    exhibit = memory.exhibit_of(slide)
    frame = at_hand(exhibit) if exhibit.trains() else frame_of(exhibit)
    address = {"stage": slide.id, "exhibit": slide.exhibit, "title": exhibit.title, "seq": memory.moves(slide)}
    data = {"state": exhibit.state(), **address} if frame is None else addressed(frame, address)
    PICTURE(key=f"picture-{slide.id}", data=data)


def picture_later(slide: Slide, place: str) -> None:
    """Draw the picture when the reader comes near it: for pages that hold many."""
    exhibit = memory.exhibit_of(slide)
    PICTURE(key=f"picture-{place}-{slide.id}", data={"exhibit": slide.exhibit, "state": exhibit.state()})


def ahead(slides: list[Slide]) -> list[dict[str, object]]:
    """Return what the browser may fetch before these slides are asked for."""
    return [
        {
            "exhibit": slide.exhibit,
            "state": memory.exhibit_of(slide).state(),
            "place": PLACES.get(slide.layout, "split"),
        }
        for slide in slides
        if slide.exhibit is not None and (not EXHIBITS[slide.exhibit].trains() or at_hand(memory.exhibit_of(slide)))
    ]
