// Which counts are certainly more than 300? Run: node figures.mjs [ADDRESS]  (Node.js 18 or later)
const address = process.argv[2] ?? 'http://127.0.0.1:8000/';
const asked = new URLSearchParams({ unit: 'NUM', threshold: '300', verdict: 'certain', lang: 'en' });
let next = `api/figures?${asked}`;
while (next !== null) {
  const response = await fetch(new URL(next, address));
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.detail} ${answer.hint ?? ''}`);
  for (const figure of answer.figures) {
    // `exact` keeps what a double cannot; an end that is null is not known, and not zero.
    const lower = figure.interval.lower?.exact ?? 'unknown';
    console.log(figure.id, figure.indicator.label, lower, figure.interval.text);
  }
  next = answer.next;
}
