/*
 * TensorFlow's patterns are RE2's (https://github.com/google/re2/wiki/Syntax), JavaScript's are its own: most of them read the same.
 */

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** Characters that a backslash may stand before in a pattern with the flag `u`. */
const ESCAPABLE = "^$\\.*+?()[]{}|/-";

/** @throws SyntaxError for a pattern that JavaScript has no like of */
export function fromPattern(pattern: string, flags: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const source = inline === null ? pattern : pattern.slice(inline[0].length);
  return new RegExp(translated(source), flags + (inline?.[1] ?? ""));
}

function translated(pattern: string): string {
  let result = "";
  let isInClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (character === "\\") {
      result += escaped(pattern[++at] ?? "\\", isInClass);
    } else if (isInClass) {
      const posix = /^\[:(\^?)(\w+):\]/.exec(pattern.slice(at));
      if (posix !== null && POSIX_CLASSES[posix[2] ?? ""] !== undefined && posix[1] === "") {
        result += POSIX_CLASSES[posix[2] ?? ""];
        at += posix[0].length - 1;
      } else if (character === "[") result += "\\[";
      else {
        isInClass = character !== "]";
        result += character;
      }
    } else if (character === "[") {
      isInClass = true;
      result += "[";
      if (pattern[at + 1] === "^") result += pattern[++at];
      if (pattern[at + 1] === "]") {
        at++;
        result += "\\]";
      }
    } else if (pattern.startsWith("(?P<", at)) {
      result += "(?<";
      at += 3;
    } else if (character === "{" && !/^\{\d+(?:,\d*)?\}/.test(pattern.slice(at))) result += "\\{";
    else if (character === "}" && !/\{\d+(?:,\d*)?$/.test(result)) result += "\\}";
    else result += character;
  }
  return result;
}

function escaped(character: string, isInClass: boolean): string {
  switch (character) {
    case "A":
      return "^";
    case "z":
      return "$";
    case "a":
      return "\\x07";
    case "C":
      return "[\\s\\S]";
    case "Q":
      return "";
    default:
      if (/[0-9A-Za-z]/.test(character)) return `\\${character}`;
      if (character === "-" && !isInClass) return "-";
      return ESCAPABLE.includes(character) ? `\\${character}` : character;
  }
}

/** What a match is replaced with: `\1` names a group, `\0` the match, `\\` is a backslash. */
export function fromRewrite(rewrite: string): string {
  return rewrite.replaceAll("$", "$$$$").replaceAll(/\\(\d|\\)/g, (_, what: string) => {
    if (what === "\\") return "\\";
    return what === "0" ? "$&" : `$0${what}`;
  });
}
