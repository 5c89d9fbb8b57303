/** A line over time. */
export interface ChartLine {
  /** Its name in the legend. */
  readonly name: string
  /** Any colour of SVG. */
  readonly colour: string
  /** A value for each step; NaN for none. */
  readonly values: readonly number[]
  /** Whether it is drawn with dashes. */
  readonly dashed?: boolean
}

/** A chart of lines over time. */
export interface Chart {
  /** What the values are. */
  readonly title: string
  readonly lines: readonly ChartLine[]
  /** An area between two rows of values, behind the lines. */
  readonly band?: { readonly name: string; readonly low: readonly number[]; readonly high: readonly number[] } | undefined
  /** The least and the greatest value that is shown. */
  readonly range: readonly [number, number]
  /** Whether each step upwards is a factor. */
  readonly logarithmic: boolean
  /** Values that have a line across. */
  readonly ticks: readonly number[]
  /** How a value is written. */
  readonly write: (value: number) => string
  /** Where time ends, in seconds. */
  readonly seconds: number
}

const left = 48
const top = 22
const bottom = 18

/** Text, safe inside of SVG. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}

/**
 * Draws a chart.
 *
 * @param chart what.
 * @param x where its left edge is.
 * @param y where its upper edge is.
 * @param width how wide it is, axis included.
 * @param height how high it is, axis included.
 * @returns elements for an SVG.
 */
export function drawChart(chart: Chart, x: number, y: number, width: number, height: number): string {
  const [low, high] = chart.range
  const place = (value: number): number => (chart.logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low))
  const [innerWidth, innerHeight] = [width - left, height - top - bottom]
  const yOf = (value: number): number => top + innerHeight * (1 - Math.min(1, Math.max(0, place(value))))
  const xOf = (step: number, steps: number): number => left + (innerWidth * (step + 0.5)) / steps
  const point = (value: number, step: number, steps: number): string => `${xOf(step, steps).toFixed(1)} ${yOf(value).toFixed(1)}`
  const parts = [`<text x="${left}" y="12" class="title">${escaped(chart.title)}</text>`]
  for (const tick of chart.ticks) {
    const at = yOf(tick).toFixed(1)
    parts.push(
      `<path d="M${left} ${at}H${width}" class="grid"/><text x="${left - 5}" y="${at}" dy="3" class="tick end">${chart.write(tick)}</text>`,
    )
  }
  for (const share of [0, 0.5, 1]) {
    const anchor = share === 0 ? '' : share === 1 ? ' end' : ' middle'
    const text = `${Number((chart.seconds * share).toPrecision(3))} s`
    parts.push(`<text x="${left + innerWidth * share}" y="${height - 4}" class="tick${anchor}">${text}</text>`)
  }
  const { band } = chart
  if (band !== undefined) {
    const upper = band.high.map((value, i) => point(value, i, band.high.length))
    const lower = band.low.map((value, i) => point(value, i, band.low.length)).reverse()
    parts.push(`<path d="M${[...upper, ...lower].join('L')}Z" fill="#bbb" fill-opacity="0.6"/>`)
  }
  for (const { values, colour, dashed } of chart.lines) {
    let path = ''
    values.forEach((value, i) => {
      if (!Number.isNaN(value))
        path += `${path === '' || Number.isNaN(values[i - 1] ?? Number.NaN) ? 'M' : 'L'}${point(value, i, values.length)}`
    })
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"${dashed === true ? ' stroke-dasharray="5 4"' : ''}/>`)
  }
  return `<g transform="translate(${x} ${y})">${parts.join('\n')}</g>`
}
