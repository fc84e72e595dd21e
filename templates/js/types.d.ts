// Shapes that several files share. Those of the page's JSON are written by rendering/explorer.py,
// rendering/heads.py and rendering/token_data.py.

/** What stands before it, the piece, 1 if special, and the token's own name if that is another. */
export type Piece = [gap: string, text: string, special: 0 | 1, name?: string];

export type Color = [red: number, green: number, blue: number];
export type Pair = [rows: number, columns: number];

/** Which maps a scale holds for: one, or all of a quantity. */
export type ScaleKind = "own" | "shared";

/** What the explorer shows large. */
export type MapView = "head" | "heads" | "layers" | "vectors";

/**
 * A quantity of the explorer, stored on the scales of its maps' `own` or on those all share. The
 * strongest cells of each layer and head are `exact`, packed; of vectors, `ends` are the largest.
 */
export interface MapQuantity {
  title: string;
  verb: string;
  signed: boolean;
  colors: Color[];
  ink: "attention" | "norm" | "signed";
  head_scale: number;
  together_scale: number;
  gap: number;
  block: Pair;
  own: boolean;
  exact?: { places: string; values: string };
  ends?: number[];
}

/** Boxes of every token: by token and layer 8 numbers each, packed, for each output. */
export interface Spread {
  tokens: string[];
  layers: number;
  boxes: string[];
}

/** A number of each head, by layer; `places` are indices of `thirds`. */
export interface HeadSummary {
  title: string;
  unit: string;
  thirds: string[];
  values: number[][];
  places: number[][];
}

/** How far an output falls, in logits, without each head, by layer. */
export interface HeadEffect {
  title: string;
  values: number[][];
}

export interface ExplorerData {
  rows: Piece[];
  columns: Piece[] | null;
  own: "rows" | "columns" | "";
  start: Pair;
  first: [layer: number, head: number];
  layers: number;
  heads: number;
  order: string[];
  quantities: Record<string, MapQuantity>;
  summaries: HeadSummary[];
  effects?: HeadEffect[];
  maps: Record<string, string> | string | null;
}

/** A head by its layer, from 0, and its number, from 1; head 0 is all heads together. */
export interface HeadPlace {
  layer: number;
  head: number;
}

/** A cell of a map: the token that looks, and the token looked at. */
export interface Cell {
  query: number;
  key: number;
}

/** Levels from -15 to 15 by rows; each stands for a block of cells where the map is pooled. */
export interface LevelMap {
  rows: number;
  columns: number;
  levels: Int8Array;
  block: Pair;
}

export type Hue = "attention" | "norm" | "signed";

/** A chart that the library has drawn; a mark's datum may name the input that it stands for. */
export interface MadeChart {
  view: {
    addEventListener: (
      event: "click",
      act: (event: Event, item?: { datum?: { anchor?: string } } | null) => void,
    ) => void;
  };
}

/** Scores of tokens: rows that belong together. Rows of layers have a name only. */
export interface ScoreGroup {
  title: string;
  about: string;
  hue: Hue;
  unit: string;
  rows: [name: string, label?: string, title?: string][];
  values: string;
  sums?: string;
  /** The tokens that are off the scale. */
  off?: number[];
  /** The same of each row, where each has a scale of its own. */
  row_off?: number[][];
  beside?: true;
  unreliable?: Record<number, string>;
  own?: Record<number, [word: number, share: string]>;
}

export interface TokenData {
  tokens: string[];
  special: number[];
  segments: number[];
  words: [text: string, first: number, last: number][];
  groups: ScoreGroup[];
}

/** A row of a group. */
export interface ScoreRow {
  group: ScoreGroup;
  row: number;
}

/** A row that can be chosen to colour the text. */
export interface ScoreQuantity extends ScoreRow {
  key: string;
  label: string;
  title: string;
}

/** Tokens `first` to `last - 1`; `word` is the number of the word that they are. */
export interface Span {
  first: number;
  last: number;
  word?: number;
}

/** A word or a token. */
export interface Unit extends Span {
  text: string;
  special: boolean;
}

/** What a reader has chosen in an input's section, counted from 0. */
export interface Choice {
  token?: number;
  layer?: number;
  head?: number;
  method?: string;
  map?: string;
  view?: string;
  scale?: string;
}

/** A change of a choice: null takes it back. */
export type ChoicePart = { [Key in keyof Choice]: Choice[Key] | null };

/** A column of which each row has the place of its value, or -1 for none. */
export interface CodedColumn<Value> {
  values: Value[];
  codes: number[];
}

/** Why to look at an answer, in letters, and what is said of it: kind and words. */
export type CheckNotes = [why: string, said: [kind: string, words: string][]];

/** Some thousand rows of a large run's table, as rendering/overview/paged_table.py writes them. */
export interface RowColumns {
  positions: number[];
  texts: string[];
  colours: string[];
  expected: CodedColumn<string>;
  disagree: number[];
  models: {
    labels: CodedColumn<string>;
    confidences: CodedColumn<string>;
    checks: CodedColumn<CheckNotes>;
  }[];
  columns: CodedColumn<string>[];
}

/** A large run's table: how many rows it has, shows and loads at a time, and from which files. */
export interface PagedTable {
  rows: number;
  shown: number;
  loaded: number;
  parts: string[];
  models: string[];
  links: string[];
  expects: boolean;
  compares: boolean;
  wordy: boolean;
  columns: string[];
}

/**
 * What is asked for: words, a reason to look, what is said, and by which model; and a value of each
 * column, by the name of its field (in.source).
 */
export interface Question {
  [column: string]: string;
  text: string;
  why: string;
  label: string;
  model: string;
}

declare global {
  interface HTMLElementEventMap {
    choose: CustomEvent<{ state: Choice; part: ChoicePart }>;
    point: CustomEvent<{ token: number | null }>;
  }
  interface Window {
    /** Set by the library of the charts. */
    vegaEmbed?: (stage: HTMLElement, spec: unknown, options: object) => Promise<unknown>;
    /** Called by the files of a site's maps. */
    reportgenMap?: (name: string, picture: string) => void;
    /** Called by the files of a large site's index. */
    reportgenRows?: (name: string, columns: RowColumns) => void;
  }
}
