// Why: the server words a step in English; here it is said in the reader's language, and what we
// cannot put into other words is shown as it came.

import { t, tn } from "./i18n.js";

const ANSWERS = { yes: "question.yes", no: "question.no", "nobody knows": "question.unknown" };
const MARKS = { must: "chips.must", maybe: "chips.maybe", not: "chips.not", gone: "chips.gone" };

/** What a step did. */
export function stepWords({ kind, words }) {
  if (["tick", "reject", "like", "clear"].includes(kind)) return t(`step.${kind}`);
  if (kind === "none") return tn("step.none", Number(words.match(/\d+/)?.[0] ?? 1));
  const read = (pattern) => words.match(pattern) ?? [];
  if (kind === "said") {
    const [, question, said] = read(/^(?:(.*) )?(?:said|typed): ([^]*)$/);
    return question ? `${question} – “${said}”` : `“${said ?? words}”`;
  }
  if (kind === "mark") {
    const [, chip, to] = read(/^set (.*) to (must|maybe|not|gone)$/);
    return chip ? t("step.mark", { words: chip.replace(/^(maybe|no): /, ""), to: t(MARKS[to]) }) : words;
  }
  if (kind === "answered") {
    const [, question, answer] = read(/^(.*) (yes|no|nobody knows)$/);
    return question ? `${question} – ${t(ANSWERS[answer])}` : words;
  }
  if (kind === "picture") return t("step.picture", { name: words.replace(/^gave the photo /, "") });
  if (kind === "look") return t("step.look", { where: words.replace(/^look at /, "") });
  return words;
}
