// What the page shows now. Its parts read and change it, and then call `results.update`.

export const state = {
  model: null, // the description of the model
  engine: null, // runs it
  source: null, // the picture: {pixels, canvas}
  references: [], // pictures whose style is taken: {key, title, canvas, given, on}
  choices: null, // kind, targets, shows, mixture, seed, count: see `wishes.wishes`
  selected: '', // the key of the wish that is shown large
  turn: 0, // of the series of results; an older one stops
};

/** Fetches a file of the site; one that is missing is a sentence. */
export async function fetched(path) {
  const response = await fetch(new URL(path, document.baseURI)).catch(() => null);
  if (!response?.ok) throw new Error(`The file ${path} of this page can’t be fetched.`);
  return response;
}

/** Shows a sentence about a mistake; "" takes it away. */
export function complain(text) {
  document.getElementById('problem').textContent = text;
  document.getElementById('problem').hidden = !text;
}
