// Charts: a figure says in JSON what to draw, ECharts draws it, and the figure's own table says it again.
//
//   <figure data-chart data-library="…/echarts.js"> … <script type="application/json">{…}</script> …
//
// What the JSON holds (web/templates/_charts.html writes it):
//   kind    "line" a curve · "step" a staircase · "bar" a bar for each name · "lorenz" shares against
//           shares, square, with the line of equality · "strip" a dot for each unit along one axis
//   x, y    { label, format, unit?, min?, max?, scale? }; format is "share", "number" or "day";
//           scale "log" or "time". "bar" and "strip" have no format of their names or of their height.
//   series  [{ name, tone?, dashed?, area?, markers?, points: [[x, y, name?, address?], …] }]; of bars
//           [name, value], of strips [value, name?, address?]. An address is opened by a click or Enter.
//   marks   [{ axis: "x" or "y", at, label, tone? }]: a labelled line across, such as a norm.
//   stacked, across   of bars: on top of each other; lying.
//   text    the picture in one sentence, for whoever does not see it.
//
// Colours are tokens by name ("met", "missed", "ink-2" …), so that looks and print change without drawing
// anew. Nothing moves; values are told in a line below, not in a box that hides what it is about.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const own = document.currentScript;
  const TONES = ["met", "missed", "partly-ink", "ink-2", "unknown"];
  const DASHES = ["solid", [7, 4], [2, 3], [9, 3, 2, 3], [1, 4]];
  const SYMBOLS = ["circle", "diamond", "triangle", "rect", "roundRect"];
  const NARROW_SPACE = "\u202f";
  const PRINT_PX = 640;
  const NARROW_PX = 420;
  const language = document.documentElement.lang || "en";
  const colour = (tone) => `var(--${tone})`;

  /** Number, share or day as the rest of the page writes it. */
  function write(value, axis = {}) {
    if (typeof value !== "number" && axis.format !== "day") return String(value ?? "–");
    if (axis.format === "day") return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(value));
    if (axis.format === "share") return `${(100 * value).toFixed(1).replace(/\.0$/, "")}${NARROW_SPACE}%`;
    const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0;
    const figures = value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, NARROW_SPACE);
    return axis.unit ? `${figures}${NARROW_SPACE}${axis.unit}` : figures;
  }
  gridmap.writeFigure = write;

  /** The library, fetched once and only where a chart comes into view. */
  let library = null;
  function fetchLibrary(address) {
    library ??= new Promise((done, fail) => {
      const script = document.createElement("script");
      script.src = address;
      script.nonce = own?.nonce ?? "";
      script.onload = () => done(window.echarts);
      script.onerror = () => fail(new Error(`no chart library at ${address}`));
      document.head.append(script);
    });
    return library;
  }

  function axisOf(told, fonts, more = {}) {
    return {
      type: { log: "log", time: "time" }[told.scale] ?? "value",
      name: told.label ?? "", nameLocation: "middle", nameGap: 30,
      nameTextStyle: { color: colour("ink-2"), fontSize: fonts.size, fontFamily: fonts.family },
      min: told.min ?? null, max: told.max ?? null, scale: Boolean(told.loose),
      axisLabel: { color: colour("ink-2"), fontSize: fonts.size, fontFamily: fonts.family, hideOverlap: true, formatter: (value) => write(value, (told.unit ?? "").length > 2 ? { ...told, unit: "" } : told) },
      axisLine: { show: true, lineStyle: { color: colour("line-strong") } },
      axisTick: { lineStyle: { color: colour("line-strong") } },
      splitLine: { lineStyle: { color: colour("line") } },
      axisPointer: { label: { show: false } },
      ...more,
    };
  }

  function marksOf(told, fonts, kind) {
    const lying = kind === "bar" && told.across;
    return (told.marks ?? []).map((mark) => {
      const axis = (mark.axis === "y") !== Boolean(lying) ? "yAxis" : "xAxis";
      return {
        [axis]: mark.at,
        lineStyle: { color: colour(mark.tone ?? "ink"), type: [4, 4], width: 1.5 },
        label: {
          formatter: mark.label, color: colour("ink"), fontSize: fonts.size, fontFamily: fonts.family,
          position: axis === "xAxis" ? "end" : "insideEndTop", rotate: 0,
        },
      };
    });
  }

  /** Dots of one value are set apart by their number, not by chance: the same picture every time. */
  const height = (number) => ((number * 0.6180339887) % 1) * 0.8 + 0.1;

  function seriesOf(told, fonts) {
    const markLine = { symbol: "none", silent: true, animation: false, data: marksOf(told, fonts, told.kind) };
    return told.series.map((one, number) => {
      const tone = colour(one.tone ?? TONES[number % TONES.length]);
      const common = { name: one.name, animation: false, emphasis: { disabled: true }, ...(number ? {} : { markLine }) };
      if (told.kind === "bar") {
        return { ...common, type: "bar", stack: told.stacked ? "all" : undefined, barMaxWidth: 34, itemStyle: { color: tone, borderColor: colour("surface"), borderWidth: told.stacked ? 1 : 0 }, data: one.points.map(([, value]) => value) };
      }
      if (told.kind === "strip") {
        return { ...common, type: "scatter", symbol: SYMBOLS[number % SYMBOLS.length], symbolSize: 8, itemStyle: { color: tone, opacity: 0.6, borderColor: colour("surface"), borderWidth: 0.5 }, data: one.points.map(([value], place) => [value, height(place)]) };
      }
      return {
        ...common, type: "line", step: told.kind === "step" ? "end" : false,
        symbol: SYMBOLS[number % SYMBOLS.length], symbolSize: one.markers ? 8 : 5, showSymbol: Boolean(one.markers),
        itemStyle: { color: tone }, lineStyle: { color: tone, width: 2.25, type: one.dashed ? DASHES[1] : DASHES[number % DASHES.length] },
        areaStyle: one.area ? { color: tone, opacity: 0.14 } : undefined,
        data: one.points.map(([x, y]) => [x, y]),
      };
    });
  }

  /** The line of equality, against which a Lorenz curve is read. */
  const equality = {
    type: "line", silent: true, animation: false, symbol: "none", emphasis: { disabled: true }, tooltip: { show: false },
    lineStyle: { color: colour("line-strong"), width: 1, type: "solid" }, data: [[0, 0], [1, 1]],
  };

  function optionOf(told, fonts, narrow) {
    const series = seriesOf(told, fonts);
    const several = told.series.length > 1;
    const names = told.kind === "bar" ? told.series[0].points.map(([name]) => name) : [];
    const labels = {
      type: "category", data: names, inverse: Boolean(told.across),
      axisLabel: { color: colour("ink-2"), fontSize: fonts.size, fontFamily: fonts.family, hideOverlap: !told.across, width: told.across ? 130 : undefined, overflow: told.across ? "truncate" : "none" },
      axisTick: { show: false },
    };
    let x = axisOf(told.x ?? {}, fonts);
    let y = axisOf(told.y ?? {}, fonts, { nameLocation: "end", nameGap: told.marks?.length ? 26 : 10, nameTextStyle: { align: "left", color: colour("ink-2"), fontSize: fonts.size, fontFamily: fonts.family } });
    if (told.kind === "bar") {
      const value = { ...y, nameLocation: told.across ? "middle" : "end", nameGap: told.across ? 30 : 10 };
      [x, y] = told.across ? [value, { ...axisOf({}, fonts), ...labels }] : [{ ...x, ...labels }, value];
    }
    if (told.kind === "strip") y = { ...y, min: 0, max: 1, show: false };
    if (told.kind === "lorenz") {
      series.push(equality);
      for (const axis of [x, y]) Object.assign(axis, { min: 0, max: 1 });
    }
    return {
      animation: false, backgroundColor: "transparent", textStyle: { fontFamily: fonts.family, fontSize: fonts.size },
      grid: { left: 8, right: 18, top: (several ? (narrow ? 52 : 30) : 8) + (told.y?.label ? 22 : 0) + (told.marks?.length ? 20 : 0), bottom: 26, containLabel: true },
      legend: several ? { type: "plain", top: 0, left: 0, itemWidth: 28, data: told.series.map((one) => one.name), textStyle: { color: colour("ink"), fontSize: fonts.size, fontFamily: fonts.family }, inactiveColor: colour("unknown"), selectedMode: false } : undefined,
      tooltip: { show: true, showContent: false, renderMode: "richText", trigger: told.kind === "strip" ? "item" : "axis", axisPointer: { type: told.kind === "bar" ? "shadow" : "line", animation: false, lineStyle: { color: colour("line-strong") }, shadowStyle: { color: colour("selected"), opacity: 0.5 } } },
      xAxis: x, yAxis: y, series,
    };
  }

  class Chart {
    constructor(figure, told, echarts) {
      this.figure = figure;
      this.told = told;
      this.place = figure.querySelector(".chart-place");
      this.line = figure.querySelector(".chart-line");
      this.at = -1;
      const style = getComputedStyle(document.body);
      const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
      const fonts = { family: style.fontFamily, size: Math.max(12, 0.8125 * root) };
      this.chart = echarts.init(this.place, null, { renderer: "svg" });
      this.chart.setOption(optionOf(told, fonts, this.place.clientWidth < NARROW_PX));
      this.chart.on("updateAxisPointer", ({ dataIndex, axesInfo }) => {
        if (axesInfo?.length && dataIndex !== undefined) this.tell(dataIndex);
      });
      this.chart.on("mouseover", ({ dataIndex, seriesIndex }) => this.tell(dataIndex, seriesIndex));
      this.chart.on("click", ({ dataIndex, seriesIndex }) => this.open(dataIndex, seriesIndex));
      this.place.addEventListener("keydown", (event) => this.press(event));
      this.resizing = new ResizeObserver(() => this.chart.resize());
      this.resizing.observe(this.place);
      addEventListener("beforeprint", () => this.chart.resize({ width: Math.min(PRINT_PX, this.place.clientWidth) }));
      addEventListener("afterprint", () => this.chart.resize());
      figure.dataset.drawn = "";
    }

    points(series = 0) { return this.told.series[series]?.points ?? []; }

    /** Say a point in the line under the chart: all series at that place, or one dot. */
    tell(index, series = 0) {
      const point = this.points(series)[index];
      if (!point) return;
      [this.at, this.series] = [index, series];
      const { kind, x = {}, y = {} } = this.told;
      if (kind === "strip") {
        this.line.textContent = [point[1], write(point[0], x)].filter(Boolean).join(": ");
        return;
      }
      const head = kind === "bar" ? point[0] : point[2] ?? write(point[0], x);
      const rest = this.told.series.map((one) => {
        const near = kind === "bar" ? one.points[index] : one.points.findLast(([at]) => at <= point[0]);
        return near && `${this.told.series.length > 1 ? `${one.name} ` : ""}${write(near[1], y)}`;
      });
      this.line.textContent = `${head}: ${rest.filter(Boolean).join(" · ")}`;
    }

    open(index, series = 0) {
      const address = this.points(series)[index]?.[this.told.kind === "strip" ? 2 : 3];
      if (address) location.assign(address);
    }

    press(event) {
      const last = this.points().length - 1;
      const to = { ArrowRight: this.at + 1, ArrowLeft: this.at - 1, Home: 0, End: last }[event.key];
      if (event.key === "Enter" && this.at >= 0) this.open(this.at, this.series);
      if (to === undefined || last < 0) return;
      event.preventDefault();
      const index = Math.min(last, Math.max(0, to));
      this.chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: index });
      this.tell(index);
    }
  }
  gridmap.charts = new Map();

  async function draw(figure) {
    if (gridmap.charts.has(figure)) return;
    gridmap.charts.set(figure, null);
    const told = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    try {
      const echarts = await fetchLibrary(figure.dataset.library);
      gridmap.charts.set(figure, new Chart(figure, told, echarts));
    } catch (error) {
      // The table says the same: it is opened in place of the picture.
      figure.classList.add("bare");
      for (const twin of figure.querySelectorAll("details")) twin.open = true;
      console.info(String(error));
    }
  }

  /** Draw the charts of a part of the page as they come near; called again for parts that came later. */
  gridmap.drawCharts = (root = document) => {
    const near = new IntersectionObserver((seen) => {
      for (const { isIntersecting, target } of seen) if (isIntersecting) { near.unobserve(target); draw(target); }
    }, { rootMargin: "200px" });
    for (const figure of root.querySelectorAll("figure[data-chart]")) near.observe(figure);
  };
  const begin = () => {
    gridmap.drawCharts();
    addEventListener("beforeprint", () => document.querySelectorAll("figure[data-chart]").forEach(draw));
    document.body.addEventListener("htmx:afterSwap", ({ target }) => gridmap.drawCharts(target));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
