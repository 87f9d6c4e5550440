"""How the page looks: its theme, its style sheet, and the parts that are written as HTML."""

import html
import typing
from collections.abc import Sequence

from stargan_tf.demo_page import library

if typing.TYPE_CHECKING:
    import gradio

TITLE = "stargan-tf demo"
_FONTS = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
_FIXED = ("ui-monospace", "Menlo", "Consolas", "monospace")

CSS = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
footer { display: none !important; }
.masthead { padding: 1.1rem 0 .2rem; }
.masthead h1 { font-size: 1.75rem; font-weight: 700; letter-spacing: -.02em; margin: 0; }
.masthead p { margin: .25rem 0 0; color: var(--body-text-color-subdued); }
.facts { display: flex; flex-wrap: wrap; gap: .4rem; padding: .1rem 0; }
.facts span { font-size: .8rem; padding: .16rem .62rem; border-radius: 999px;
  background: var(--primary-50); color: var(--primary-800); border: 1px solid var(--primary-200); }
.dark .facts span { background: var(--primary-950); color: var(--primary-200);
  border-color: var(--primary-800); }
.notice { font-size: .92rem; line-height: 1.4; min-height: 1.3rem; padding: .1rem .2rem;
  color: var(--body-text-color-subdued); }
.notice.problem { color: #9a3412; background: #fff7ed; border: 1px solid #fdba74;
  border-radius: 8px; padding: .55rem .8rem; }
.dark .notice.problem { color: #fed7aa; background: #431407; border-color: #9a3412; }
.notice.problem::before { content: "⚠ "; }
.section { font-weight: 600; padding-top: .5rem; }
.switches { --checkbox-background-color: var(--neutral-300);
  --checkbox-background-color-hover: var(--neutral-300);
  --checkbox-background-color-selected: var(--primary-600);
  --checkbox-label-background-fill-selected: var(--checkbox-label-background-fill);
  --checkbox-label-text-color-selected: var(--checkbox-label-text-color);
  --checkbox-label-border-color-selected: var(--checkbox-label-border-color); }
.dark .switches { --checkbox-background-color: var(--neutral-600); }
.switches input[type=checkbox] { appearance: none; width: 2.1rem; height: 1.2rem; flex: none;
  border-radius: 999px; border: none; background-image: none !important; position: relative;
  box-shadow: none !important; cursor: pointer; transition: background-color .15s; }
.switches input[type=checkbox]:checked { background-color: var(--primary-600) !important; }
.switches input[type=checkbox]::after { content: ""; position: absolute; top: .15rem; left: .15rem;
  width: .9rem; height: .9rem; border-radius: 50%; background: white; transition: left .15s; }
.switches input[type=checkbox]:checked::after { left: 1.05rem; }
.picture img { object-fit: contain; }
.sheet img { padding-top: 2.6rem; }
.kept .grid-container { grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)) !important; }
.kept .caption-label { font-size: .68rem; left: .2rem; right: .2rem; padding: 0 .3rem; }
"""


def theme() -> "gradio.themes.Base":
    """Returns the theme, whose fonts are those of the user's machine."""
    themes = library.imported().themes
    return themes.Soft(
        primary_hue="indigo",
        neutral_hue="slate",
        radius_size="lg",
        font=list(_FONTS),
        font_mono=list(_FIXED),
    )


def masthead(title: str, line: str) -> str:
    """Returns the head of the page."""
    return f'<div class="masthead"><h1>{html.escape(title)}</h1><p>{html.escape(line)}</p></div>'


def facts(texts: Sequence[str]) -> str:
    """Returns short facts about a run."""
    return f'<div class="facts">{"".join(f"<span>{html.escape(t)}</span>" for t in texts)}</div>'


def notice(text: str, problem: bool = False) -> str:
    """Returns a sentence about what was done, or about what went wrong."""
    kind = "notice problem" if problem else "notice"
    role = "alert" if problem else "status"
    return f'<div class="{kind}" role="{role}">{html.escape(text)}</div>'


def section(text: str) -> str:
    """Returns a heading inside of a run's part of the page."""
    return f'<div class="section">{html.escape(text)}</div>'
