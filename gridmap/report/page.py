"""Reports as one HTML page that holds its pictures and asks for nothing else."""

from base64 import b64encode
from html import escape

from gridmap.report.contents import Report, Section, Sheet, cell_text

MOST_ROWS = 200
"""Rows of a table on the page; the rest is counted."""
_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.55 system-ui,"Noto Sans CJK SC","PingFang SC",
"Microsoft YaHei",sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
h1{font-size:1.6rem}h2{margin-top:2.2rem;border-bottom:1px solid #8886}
.ribbon{background:#f6e3b4;color:#3a2c00;padding:.5rem .8rem;font-weight:600}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:14px;
font-variant-numeric:tabular-nums;min-width:100%}
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:left;vertical-align:top}
td.n{text-align:right;white-space:nowrap}
img{max-width:100%;height:auto;background:#fff}figure{margin:1rem 0}
figcaption,.rest{font-size:14px;opacity:.8}@media print{.wide{overflow:visible}}
"""


def write_html(report: Report) -> str:
    """Write a report as a page that opens from disk.

    Parameters
    ----------
    report : Report
        What it says.

    Examples
    --------
    >>> "&lt;b&gt;" in write_html(Report("<b>", "en", [], "", []))
    True
    """
    language = report.language.replace("_", "-")
    ribbon = f'<p class="ribbon" role="note">{escape(report.ribbon)}</p>' if report.ribbon else ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in report.lines)
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    method = escape(report.words.get("method", ""))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{_STYLE}</style></head><body>"
        f"<header><h1>{escape(report.title)}</h1>{ribbon}<ul>{lines}</ul></header><main>"
        + "".join(_section(one, report) for one in report.sections)
        + (f"<section><h2>{method}</h2><ul>{notes}</ul></section>" if notes else "")
        + "</main></body></html>\n"
    )


def _section(section: Section, report: Report) -> str:
    pictures = "".join(
        f'<figure><img alt="{escape(one.caption)}" '
        f'src="data:image/png;base64,{b64encode(one.png).decode()}">'
        f"<figcaption>{escape(one.caption)}</figcaption></figure>"
        for one in section.pictures
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in section.notes)
    head = f"h{section.depth + 1}"
    return (
        f"<section><{head}>{escape(section.title)}</{head}><p>{escape(section.sentence)}</p>{pictures}"
        + "".join(_table(one, report) for one in section.sheets if one.most)
        + f"{notes}</section>"
    )


def _table(sheet: Sheet, report: Report) -> str:
    columns = [one for one in sheet.columns if one.brief]
    if not sheet.rows:
        return f"<h3>{escape(sheet.name)}</h3><p>{escape(report.words.get('none', '–'))}</p>"
    head = "".join(f'<th scope="col">{escape(one.label)}</th>' for one in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{'' if one.kind in ('text', 'date') else ' class=n'}>"
            f"{escape(cell_text(row.get(one.key), one))}</td>"
            for one in columns
        )
        + "</tr>"
        for row in sheet.rows[:MOST_ROWS]
    )
    rest = len(sheet.rows) - MOST_ROWS
    more = f'<p class="rest">{escape(report.words["rest"].format(count=rest))}</p>'
    return (
        f'<h3>{escape(sheet.name)}</h3><div class="wide" tabindex="0" role="region" '
        f'aria-label="{escape(sheet.name)}"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more if rest > 0 else ''}"
    )
