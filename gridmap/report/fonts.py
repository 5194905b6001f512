"""Fonts: one that has the characters of the language, found on this machine."""

from functools import cache

_WANTED = {
    "zh_Hans": ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei",
                "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC"),
    "zh_Hant": ("Noto Sans CJK TC", "Noto Sans CJK HK", "Source Han Sans TC", "Noto Sans TC",
                "Microsoft JhengHei", "PingFang TC", "Noto Sans CJK SC"),
    "en": ("DejaVu Sans",),
}  # fmt: skip
EAST_ASIAN = {
    "zh_Hans": "Noto Sans CJK SC",
    "zh_Hant": "Noto Sans CJK TC",
    "en": "Noto Sans CJK SC",
}
"""Typeface named in documents for Chinese; a reader without it gets the nearest one there is."""


@cache
def picture_fonts(language: str) -> tuple[str, ...]:
    """Font families for pictures, the best first; the last one has no Chinese.

    Parameters
    ----------
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the words in the picture.

    Examples
    --------
    >>> "DejaVu Sans" in picture_fonts("en")
    True
    """
    from matplotlib import font_manager

    here = {one.name for one in font_manager.fontManager.ttflist}
    wanted = (*_WANTED[language], *_WANTED["zh_Hans"], *_WANTED["zh_Hant"])
    chinese = tuple(dict.fromkeys(name for name in wanted if name in here))
    return tuple(dict.fromkeys((*chinese, "DejaVu Sans")))


def can_write(text: str, language: str) -> bool:
    """Whether the fonts of this machine have the characters of a text.

    Examples
    --------
    >>> can_write("Cells", "en")
    True
    """
    return text.isascii() or picture_fonts(language) != ("DejaVu Sans",)
