"""
The comparison as one HTML file: charts, tables, inputs, what is uncertain, in Chinese and English. No script, no other file.
"""

from html import escape

from lazaretto.protocol.text import Text
from lazaretto.twin.arrays import Floats
from lazaretto.twin.comparison import MEASURES, Compared, Line, Sensitivity, shown
from lazaretto.twin.scenario import SOURCES, Scenario

COLOURS = ("#4b5563", "#1d5a96", "#5b3fa0", "#8a5a00", "#0f6b5c", "#9b1c3c")
_STYLE = """
:root{--ink:#15202b;--soft:#566472;--line:#d8dee5;--ground:#f3f5f7;--card:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf1;--soft:#9fb0bf;--line:#2d3a46;--ground:#10171d;--card:#18222b}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.55 system-ui,"Noto Sans SC",sans-serif}
main{max-width:1180px;margin:0 auto;padding:20px 16px 60px}h1{font-size:24px;margin:8px 0}h2{font-size:17px;margin:0 0 8px}
.lead,.card{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:14px 16px;margin:14px 0}
.lead{border-left:4px solid #1d5a96}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(290px,1fr));gap:12px}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{font-variant-numeric:tabular-nums}.soft{color:var(--soft);font-size:13px}tr.part th{background:var(--ground)}
@media (prefers-color-scheme:dark){svg polygon,svg polyline,h2 span[style]{filter:brightness(1.9)}}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:11px}code{font-size:12px;word-break:break-all}
.en{display:none}#en:checked~main .en{display:revert}#en:checked~main .zh{display:none}
.pick{position:absolute;right:16px;top:12px;z-index:1}.pick+label{display:inline-block;padding:10px 6px 0 16px}
"""


def html(compared: Compared, sensitivity: Sensitivity | None, digests: list[str], versions: dict[str, str]) -> str:
    """Return the report."""
    body = [
        _head(compared), _lead(compared, sensitivity), _charts(compared), _table(compared),
        _ranking(sensitivity), _inputs(compared, digests, versions), _uncertain(),
    ]  # fmt: skip
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>推演比较 · Twin comparison</title><style>{_STYLE}</style></head><body>"
        '<input type="radio" name="language" id="zh" checked><label for="zh">中文</label>'
        '<input type="radio" name="language" id="en"><label for="en">English</label>'
        f"<main>{''.join(body)}</main></body></html>"
    )


def _both(text: Text, tag: str = "span") -> str:
    return f'<{tag} class="zh">{escape(text.zh)}</{tag}><{tag} class="en" lang="en">{escape(text.en)}</{tag}>'


def _head(c: Compared) -> str:
    days = c.scenarios[0].days
    title = Text(
        "推演比较：" + "、".join(s.name for s in c.scenarios),
        "Twin comparison: " + ", ".join(s.name for s in c.scenarios),
    )
    under = Text(
        f"{c.runs} 次成对推演，{days} 天，同一随机流。", f"{c.runs} paired runs, {days} days, the same chance in each."
    )
    return f"<h1>{_both(title)}</h1><p class='soft'>{_both(under)}</p>"


def _lead(c: Compared, s: Sensitivity | None) -> str:
    best = max(range(len(c.scenarios)), key=lambda k: c.best_in[k])
    name, share = c.scenarios[best].name, c.best_in[best]
    restricted = c.lines["restricted"]
    first = Text(
        f"感染最少的多为“{name}”：在 {share:.0%} 的推演中最少；受限 {shown(restricted[best].quantiles[2])} 人日。",
        f"“{name}” most often has the fewest infections: in {share:.0%} of runs, at {shown(restricted[best].quantiles[2])} person-days of restriction.",
    )
    parts = [f"<h2>{_both(first)}</h2>"]
    if s is not None:
        held = max(s.second_better, 1 - s.second_better)
        parts.append(_both(Text(
            f"输入在文献范围内变动时，前两个办法的次序在 {held:.0%} 的取值下不变。影响最大的是 {s.moved[0].name}。",
            f"Over the published ranges of the inputs, the order of the first two holds at {held:.0%} of the points. {s.moved[0].name} moves it most.",
        ), "p"))  # fmt: skip
    return f'<section class="lead">{"".join(parts)}</section>'


def _charts(c: Compared) -> str:
    top = max(1.0, *(float(curve[4].max()) for curve in c.curves))
    cards = "".join(
        f'<section class="card"><h2><span style="color:{COLOURS[k % len(COLOURS)]}">■</span> {escape(s.name)}</h2>'
        f"{_bands(curve, top, COLOURS[k % len(COLOURS)], s.name)}</section>"
        for k, (s, curve) in enumerate(zip(c.scenarios, c.curves, strict=True))
    )
    legend = Text(
        "纵轴：累计感染（人），各图同尺。线：中位；深：50% 区间；浅：95% 区间。",
        "Infections so far, the same scale in each. Line: median; dark: 50 %; light: 95 % of runs.",
    )
    return f'<div class="charts">{cards}</div><p class="soft">{_both(legend)}</p>'


def _bands(curve: Floats, top: float, colour: str, name: str) -> str:
    """Return a chart of quantiles over days; never a lone line."""
    width, height, left, foot = 360, 220, 44, 24
    days = curve.shape[1]

    def at(day: int, value: float) -> str:
        x = left + (width - left - 8) * day / max(1, days - 1)
        return f"{x:.1f},{8 + (height - 8 - foot) * (1 - value / top):.1f}"

    picked = [*range(0, days, max(1, days // 120)), days - 1]

    def area(low: int, high: int, opacity: float) -> str:
        points = [at(d, curve[high][d]) for d in picked] + [at(d, curve[low][d]) for d in reversed(picked)]
        return f'<polygon points="{" ".join(points)}" fill="{colour}" opacity="{opacity}"/>'

    line = f'<polyline points="{" ".join(at(d, curve[2][d]) for d in picked)}" fill="none" stroke="{colour}" stroke-width="2"/>'
    grid = "".join(
        f'<line x1="{left}" x2="{width - 8}" y1="{at(0, v).split(",")[1]}" y2="{at(0, v).split(",")[1]}" stroke="#8886" stroke-width=".6"/>'
        f'<text x="{left - 6}" y="{float(at(0, v).split(",")[1]) + 4:.1f}" text-anchor="end">{shown(round(v))}</text>'
        for v in (0, top / 2, top)
    )
    feet = "".join(f'<text x="{at(d, 0).split(",")[0]}" y="{height - 6}" text-anchor="{a}">{d}</text>' for d, a in ((0, "start"), (days // 2, "middle"), (days - 1, "end")))  # fmt: skip
    said = f"{name}: {shown(float(curve[2][-1]))} ({shown(float(curve[0][-1]))}–{shown(float(curve[4][-1]))})"
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">{grid}{area(0, 4, 0.18)}{area(1, 3, 0.35)}{line}{feet}</svg>'


def _table(c: Compared) -> str:
    heads = "".join(f'<th class="n" scope="col">{escape(s.name)}</th>' for s in c.scenarios)
    heads += "".join(
        f'<th class="n" scope="col">{escape(s.name)} − {escape(c.scenarios[0].name)}</th>' for s in c.scenarios[1:]
    )
    span = 2 * len(c.scenarios)
    rows = [_part(Text("感染", "Infection"), span)]
    rows += [_row(m.title, m.unit, c.lines[m.name]) for m in MEASURES if not m.cost]
    rows.append(_shares(Text("无暴发概率", "P(no outbreak)"), c.no_outbreak))
    rows += [_shares(Text(f"感染超过 {n} 人的概率", f"P(more than {n} infections)"), v) for n, v in c.above.items()]
    rows.append(_part(Text("人的代价（与上面同等看）", "Human cost (of the same weight)"), span))
    rows += [_row(m.title, m.unit, c.lines[m.name]) for m in MEASURES if m.cost]
    note = Text(
        "中位（95% 区间）；差为逐次成对差的平均（95% 区间）。",
        "Median (95 % of runs); differences: mean of the paired runs (95 %).",
    )
    return f'<section class="card wide"><table><thead><tr><th></th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table><p class="soft">{_both(note)}</p></section>'


def _part(title: Text, span: int) -> str:
    return f'<tr class="part"><th colspan="{span}">{_both(title)}</th></tr>'


def _row(title: Text, unit: Text, lines: tuple[Line, ...]) -> str:
    cells = "".join(f'<td class="n">{shown(x.quantiles[2])}<br><span class="soft">{shown(x.quantiles[0])} – {shown(x.quantiles[4])}</span></td>' for x in lines)  # fmt: skip
    for x in lines[1:]:
        d = x.difference
        cells += (
            f'<td class="n">{shown(d[0])}<br><span class="soft">{shown(d[1])} – {shown(d[2])}</span></td>'
            if d
            else "<td>–</td>"
        )
    return f'<tr><th scope="row">{_both(title)}<br><span class="soft">{_both(unit)}</span></th>{cells}</tr>'


def _shares(title: Text, shares: tuple[float, ...]) -> str:
    cells = "".join(f'<td class="n">{v:.0%}</td>' for v in shares)
    cells += "".join(f'<td class="n">{100 * (v - shares[0]):+.0f} %</td>' for v in shares[1:])
    return f'<tr><th scope="row">{_both(title)}</th>{cells}</tr>'


def _ranking(s: Sensitivity | None) -> str:
    if s is None:
        return ""
    rows = "".join(
        f"<tr><th scope='row'><code>{m.name}</code></th><td class='n'>{m.low:g} – {m.high:g}</td><td class='n'>{shown(m.at_low)}</td>"
        f"<td class='n'>{shown(m.at_high)}</td><td class='n'>{m.rank:+.2f}</td></tr>"
        for m in s.moved
    )
    title = Text("什么会改变排序", "What changes the ranking")
    note = Text(
        f"第二个减第一个的感染数，现取值时 {shown(s.base)}。逐项取低值、高值；拉丁超立方 {s.points} 点的秩相关。",
        f"Infections of the second less the first; {shown(s.base)} as given. Each input at its low and high value; rank correlation over a Latin hypercube of {s.points} points.",
    )
    heads = [
        Text("输入", "Input"),
        Text("范围", "Range"),
        Text("取低值", "At low"),
        Text("取高值", "At high"),
        Text("秩相关", "Rank correlation"),
    ]
    return f'<section class="card wide"><h2>{_both(title)}</h2><p class="soft">{_both(note)}</p><table><thead><tr>{"".join(f"<th>{_both(h)}</th>" for h in heads)}</tr></thead><tbody>{rows}</tbody></table></section>'


def _inputs(c: Compared, digests: list[str], versions: dict[str, str]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(s.name)}</th><td>{escape(_said(s))}</td><td><code>{escape(s.rules.protocol or '–')}<br>{s.rules.digest[:16]}</code></td><td><code>{d[:16]}</code></td></tr>"
        for s, d in zip(c.scenarios, digests, strict=True)
    )
    sources = "".join(
        f"<tr><th scope='row'><code>{k}</code></th><td class='n'>{low:g} – {high:g}</td><td>{escape(why)}</td></tr>"
        for k, (low, high, why) in SOURCES.items()
    )
    made = ", ".join(f"{k} {v}" for k, v in versions.items())
    title, assumed = (
        Text("输入与假定", "Inputs and assumptions"),
        Text("默认值的范围与来源", "Ranges of the defaults, and their sources"),
    )
    return (
        f'<section class="card wide"><h2>{_both(title)}</h2><table><tbody>{rows}</tbody></table><h2>{_both(assumed)}</h2>'
        f'<table><tbody>{sources}</tbody></table><p class="soft"><code>seed {c.scenarios[0].seed} · {escape(made)}</code></p></section>'
    )


def _said(s: Scenario) -> str:
    off = [name for name, on in s.switches.model_dump().items() if not on]
    people = (
        f"{len(s.layout.room)} + {len(s.layout.staff_post)}" if s.layout else f"{s.site.residents} + {s.site.staff}"
    )
    parts = [f"{people}", f"{s.disease.pathogen} R0 {s.disease.r0:g}", f"compliance {s.practice.compliance:.0%}"]
    return " · ".join(parts + ([f"off: {', '.join(off)}"] if off else []))


def _uncertain() -> str:
    text = Text(
        "未计入：心理影响的远期、转监延误、接触随时间的变化、同一人多次检测的相关。推演是参考，决定由人签名。",
        "Left out: lasting effects on mental health, delays of transfers, contacts that change over time, correlation of tests of one person. The twin advises; the decision is signed by a person.",
    )
    return f'<section class="card">{_both(text, "p")}</section>'
