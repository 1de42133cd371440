/** One way in which the product fell short, as small as it could be made. */
export interface Finding {
  violations: string[];
  /** What leads there. */
  counterexample: unknown;
  /** Arguments of the program that do it again. */
  replay: string;
}

/** What one part of the program did. */
export interface Part {
  name: string;
  runs: number;
  counts: Record<string, string>;
  findings: Finding[];
}

/** How a part is to run. */
export interface Plan {
  runs: number;
  seed: number;
  /** Of a finding: only that case is tried. */
  path?: string;
  /** Of a finding of the model: which of its commands were run. */
  replayPath?: string;
  signal?: AbortSignal;
  /** Told of each finding when it is made. */
  report(finding: Finding): void;
  /** Told now and then how far it has come. */
  progress(text: string): void;
}
