// What the scripts of pages (api/web/static/*.js) may take for granted. `make check` reads it; it is never served.

declare function inWords(chinese: string, english: string): string;
declare const echarts: typeof import("echarts");
interface Window { echarts?: typeof echarts }

// What a selector finds, read from its last word: "form[data-undo] button" finds a button, "#accept" some element.
type Tags = Omit<SVGElementTagNameMap, keyof HTMLElementTagNameMap> & HTMLElementTagNameMap;
type Found<S extends string> = Either<Bare<S>>;
type Bare<S extends string> =
  S extends `${infer Before}[${string}]${infer After}` ? Bare<`${Before}${After}`>
  : S extends `${infer Before}(${string})${infer After}` ? Bare<`${Before}${After}`>
  : S;
type Either<S extends string> = S extends `${infer One}, ${infer Other}` ? Last<One> | Either<Other> : Last<S>;
type Last<S extends string> =
  S extends `${string} ${infer Word}` ? Last<Word>
  : S extends `${infer Tag}#${string}` ? Last<Tag>
  : S extends `${infer Tag}.${string}` ? Last<Tag>
  : S extends `${infer Tag}:${string}` ? Last<Tag>
  : S extends keyof Tags ? Tags[S]
  : HTMLElement;
interface ParentNode {
  querySelector<S extends string>(what: S): Found<S> | null;
  querySelectorAll<S extends string>(what: S): NodeListOf<Found<S>>;
}
type Find = <S extends string>(what: S) => Found<S> | null;
interface Element {
  closest<S extends string>(what: S): Found<S> | null;
}

// What the fields of a form are, and of which names, the templates know.
interface HTMLFormControlsCollection {
  namedItem(name: string): any;
  [name: string]: any;
  [Symbol.iterator](): ArrayIterator<any>;
}
type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

// Where an event of a page comes from; only a field has a type.
type From<K extends keyof GlobalEventHandlersEventMap, T> = GlobalEventHandlersEventMap[K] & { readonly target: T };
interface PageEvents {
  click: From<"click", HTMLElement>;
  auxclick: From<"auxclick", HTMLElement>;
  keydown: From<"keydown", HTMLElement & { type?: string }>;
  input: From<"input", Field>;
  change: From<"change", Field>;
  submit: From<"submit", HTMLFormElement>;
  error: From<"error", HTMLElement>;
}
interface DocumentEventMap {
  click: PageEvents["click"];
  auxclick: PageEvents["auxclick"];
  keydown: PageEvents["keydown"];
  input: PageEvents["input"];
  change: PageEvents["change"];
  submit: PageEvents["submit"];
  error: PageEvents["error"];
}
interface HTMLElementEventMap {
  click: PageEvents["click"];
  keydown: PageEvents["keydown"];
  input: PageEvents["input"];
  change: PageEvents["change"];
}
interface WindowEventMap {
  submit: PageEvents["submit"];
}

// The scripts' own events (desk:), what the server says (live:, stream.js) and what htmx tells of its requests.
type Told<T, Detail = null> = CustomEvent<Detail> & { readonly target: T };
type Requested = { successful: boolean; xhr: XMLHttpRequest; requestConfig: { verb: string } };
interface GlobalEventHandlersEventMap {
  "desk:acts": Told<Document>;
  "desk:check": Told<Document>;
  "desk:cite": Told<HTMLElement>;
  "desk:leaves": Told<Document>;
  "desk:sent": Told<HTMLFormElement>;
  "desk:signed-out": Told<Document>;
  "live:arrived": Told<Document, string>;
  "live:at_desk": Told<Document, string>;
  "live:changed": Told<Document, string>;
  "live:claimed": Told<Document, string>;
  "htmx:afterRequest": Told<HTMLElement, Requested>;
  "htmx:afterSwap": Told<HTMLElement, Requested>;
  "htmx:beforeSend": Told<HTMLElement, { xhr: XMLHttpRequest }>;
  "htmx:beforeSwap": Told<HTMLElement, Requested>;
  "htmx:responseError": Told<HTMLElement, Requested>;
}

// The board: what /board/data answers (api/web/overview.py, overview_panels.py) and what its charts are drawn from.
declare namespace Board {
  type Rate = { value: number | null; last: number | null; parts?: string; href?: string };
  type Row = { key: string; name: string; score: Rate; values: Record<string, Rate> };
  interface Panels {
    rates: { metrics: { name: string; label: string }[]; sections: { label: string; rows: Row[] }[] };
    course: { across: string[]; lines: { label: string; values: (number | null)[]; hrefs: string[] }[] };
    flow: { marks: Stretch[] };
    ageing: { marks: { label: string; on_time: number; late: number; hrefs: string[] }[] };
    hours: { names: string[]; marks: [hour: number, place: number, count: number, href: string][] };
    flows: { links: { source: string; target: string; value: number; href: string }[] };
    map: { marks: { name: string; open: number; late: number; score: number | null; href: string }[] };
  }
  interface Stretch {
    label: string;
    in: number;
    closed: number;
    share: number | null;
    hrefs: Record<"in" | "closed" | "accepted", string>;
  }
  interface Figures {
    ready: boolean;
    behind: boolean;
    computed: string;
    numbers: Record<string, number>;
    rates: Record<string, string>;
    score: string;
    panels: { [K in keyof Panels]?: Panels[K] & { empty: boolean } };
    beside: string;
  }
  type Outlines = { features: { geometry: { coordinates: any[] } }[] };

  type Colours = Record<string, string>;
  type Draw<K extends keyof Panels> = (panel: Panels[K], c: Colours, width: number, height: number) => Drawn;
  // Only what the functions that a chart is given are called with: ECharts' own types refuse the href of each mark.
  interface Drawn {
    axisLabel?: { formatter?: string | ((name: string) => string); [more: string]: any };
    label?: Words;
    tooltip?: Words;
    min?: number | ((of: Extent) => number);
    max?: number | ((of: Extent) => number);
    xAxis?: Drawn | Drawn[];
    yAxis?: Drawn | Drawn[];
    series?: Drawn[];
    [more: string]: any;
  }
  type Words = { formatter?: (pointed: Pointed) => string; [more: string]: any };
  type Pointed = { name: string; value: any; data: any; dataIndex: number; dataType?: string };
  type Extent = { min: number; max: number };
  interface Grids extends Drawn { title: Drawn[]; grid: Drawn[]; xAxis: Drawn[]; yAxis: Drawn[]; series: Drawn[] }
  type Place = { left: number; top: number; width: number; height: number };
  type Of = (row: Row) => Rate;
  type Ranking = (
    made: Grids, c: Colours, place: Place, label: string, rows: Row[], of: Of, words: (row: Row) => string,
  ) => void;
}
