/** A line of a panel. */
export interface Line {
  readonly name: string
  /** Seconds since the beginning, and the value then. */
  readonly points: readonly (readonly [number, number])[]
}

/** A panel of a dashboard. */
export interface Panel {
  readonly title: string
  /** As Grafana names it, such as `percentunit` or `s`. */
  readonly unit: string
  readonly lines: readonly Line[]
}

const [width, height, columns, gap] = [372, 240, 3, 12]
const [plotLeft, plotTop, plotWidth, plotHeight] = [48, 34, 312, 110]
const colours = ['#73bf69', '#f2cc0c', '#5794f2', '#ff9830', '#f2495c', '#b877d9', '#8ab8ff', '#96d98d']
const mostNamed = 4
/** So many letters of a name and its value fit beside another one, and so many on a line of their own. */
const [halfLine, wholeLine] = [27, 56]

/** Draws panels as an SVG, three beside each other. */
export function drawPanels(panels: readonly Panel[], seconds: number): string {
  const rows = Math.ceil(panels.length / columns)
  const [all, high] = [columns * (width + gap) + gap, rows * (height + gap) + gap]
  const drawn = panels.map((panel, i) => {
    const [x, y] = [gap + (i % columns) * (width + gap), gap + Math.floor(i / columns) * (height + gap)]
    return `<g transform="translate(${x} ${y})">${drawPanel(panel, seconds)}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all} ${high}" width="${all}" height="${high}" font-family="system-ui, sans-serif" font-size="10" role="img" aria-label="Panels of the dashboard">
<rect width="${all}" height="${high}" fill="#111217"/>
${drawn.join('\n')}
</svg>
`
}

function drawPanel({ title, unit, lines }: Panel, seconds: number): string {
  // Those with most to say keep their names.
  const shown = lines.filter(({ points }) => points.length > 0).toSorted((a, b) => topOf(b) - topOf(a))
  const top = niceTop(Math.max(...shown.map(topOf), 0))
  const parts = [
    `<rect width="${width}" height="${height}" rx="3" fill="#181b1f" stroke="#2c3235"/>`,
    text(12, 21, title, '#d8d9da', 12, 'bold'),
  ]
  for (const share of [0, 0.5, 1]) {
    const y = plotTop + plotHeight * (1 - share)
    parts.push(
      `<path d="M${plotLeft} ${y}h${plotWidth}" stroke="#2c3235"/>`,
      text(plotLeft - 6, y + 3, valueText(top * share, unit), '#9fa7b3', 10, 'normal', 'end'),
    )
  }
  for (const [i, line] of shown.entries()) {
    const points = line.points.map(
      ([at, value]) => `${round(plotLeft + (at / seconds) * plotWidth)},${round(plotTop + plotHeight * (1 - value / top))}`,
    )
    parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colours[i % colours.length]}" stroke-width="1.5"/>`)
  }
  return [...parts, ...legend(shown, unit)].join('')
}

/** Two names on a line where all of them fit. */
function legend(shown: readonly Line[], unit: string): string[] {
  const named = shown.slice(0, mostNamed).map(({ name, points }) => ({ name, value: valueText(points.at(-1)?.[1] ?? 0, unit) }))
  const across = named.every(({ name, value }) => `${name}: ${value}`.length <= halfLine) ? 2 : 1
  const placeOf = (i: number) => [plotLeft - 30 + (i % across) * 175, plotTop + plotHeight + 24 + Math.floor(i / across) * 15] as const
  const parts = named.flatMap(({ name, value }, i) => {
    const [x, y] = placeOf(i)
    return [
      `<path d="M${x} ${y - 3}h12" stroke="${colours[i % colours.length]}" stroke-width="2"/>`,
      text(x + 16, y, `${shortened(name, wholeLine - value.length)}: ${value}`, '#ccccdc', 10),
    ]
  })
  const [x, y] = placeOf(Math.ceil(named.length / across) * across)
  if (shown.length > named.length) parts.push(text(x, y, `and ${shown.length - named.length} more`, '#9fa7b3', 10))
  return parts
}

/** What tells names apart is nearly always at their ends. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name
  const half = Math.floor((most - 1) / 2)
  return `${name.slice(0, half)}…${name.slice(-half)}`
}

function topOf({ points }: Line): number {
  return Math.max(...points.map(([, value]) => value), 0)
}

/** The next 1, 2 or 5 of its decade. */
function niceTop(value: number): number {
  if (value <= 0) return 1
  const decade = 10 ** Math.floor(Math.log10(value))
  return decade * ([1, 2, 5, 10].find((step) => step * decade >= value) as number)
}

function valueText(value: number, unit: string): string {
  if (unit === 'percentunit') return `${round(value * 100)} %`
  if (unit === 's') return value >= 1 ? `${round(value)} s` : `${round(value * 1_000)} ms`
  return `${round(value)}${unit === 'reqps' || unit === 'ops' ? '/s' : ''}`
}

function round(value: number): number {
  return Math.round(value * (Math.abs(value) < 10 ? 100 : 10)) / (Math.abs(value) < 10 ? 100 : 10)
}

function text(x: number, y: number, content: string, fill: string, size: number, weight = 'normal', anchor = 'start'): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${safe}</text>`
}
