// What the page says, in the language of the interface.
import be from "./words.be.js";
import en from "./words.en.js";
import ru from "./words.ru.js";

const ALL = { be, ru, en };
const FIRST = "be";

// Belarusian has the plurals and the numbers of Russian, and not every browser knows Belarusian.
const RULES = { be: "ru", ru: "ru", en: "en" };

let language = FIRST;
let plurals = new Intl.PluralRules(RULES[FIRST]);

export const LANGUAGES = Object.keys(ALL);

export const current = () => language;

export function choose(wanted) {
  language = Object.hasOwn(ALL, wanted ?? "") ? wanted : FIRST;
  plurals = new Intl.PluralRules(RULES[language]);
  return language;
}

// The first language of the browser that the page has; its own first one where there is none.
export function ofBrowser() {
  const wanted = navigator.languages.map((each) => each.split("-")[0].toLowerCase());
  return wanted.find((each) => Object.hasOwn(ALL, each)) ?? FIRST;
}

// `words("flags.MARKUP")`, `words("count", { n: 5 })`: a plural is chosen by `n`; undefined where there is no such word.
export function words(key, values = {}) {
  let found = ALL[language];
  for (const part of key.split(".")) found = found?.[part];
  if (found && typeof found === "object" && "n" in values) {
    found = (values.n === 0 && found.zero) || found[plurals.select(values.n)] || found.many || found.other;
  }
  if (typeof found !== "string") return undefined;
  return found.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

export const reasonsOf = () => ALL[language].reasons;

export const sampleArticle = () => ALL[language].sample;

export function number(value, digits = 0) {
  return new Intl.NumberFormat(RULES[language], { maximumFractionDigits: digits }).format(value);
}

export function percent(share) {
  return new Intl.NumberFormat(RULES[language], { style: "percent", maximumFractionDigits: 0 }).format(share);
}

function shown(value) {
  return typeof value === "number" ? number(value, 1) : String(value);
}
