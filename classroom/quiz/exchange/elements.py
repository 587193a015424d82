"""XML in one expression."""

from __future__ import annotations

from xml.etree import ElementTree as ET


def element(tag: str, *inside: ET.Element | str, **attributes: str) -> ET.Element:
    """Make an element of what is in it.

    >>> ET.tostring(element("p", "a < ", element("b", "c"), id="x"), encoding="unicode")
    '<p id="x">a &lt; <b>c</b></p>'
    """
    found = ET.Element(tag, attributes)
    for each in inside:
        if isinstance(each, str):
            assert not len(found)
            found.text = (found.text or "") + each
        else:
            found.append(each)
    return found
