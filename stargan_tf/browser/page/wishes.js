// What results are made, from the model's description and the visitor's choices: its wishes.
//
// A wish is {key, title, row, target, way, given}. `way` is one of the description, `given` what
// its signatures take beside the picture, by kind, `target` the label that it leads to, and `row`
// the heading of its row, "" for none.

export const MOST_TARGETS = 12; // more are offered, but not all at once to begin with

/** Returns a label's name for people. */
export const shown = (name) => name.replaceAll('_', ' ');

/**
 * Returns the parts of a label vector, one for each data set of the training: where it begins, the
 * names of its labels, and the position of its 1 among the last entries; -1: there is none.
 */
function blocks(labels) {
  const {kind: whole, names: all, sets} = labels;
  if (whole !== 'joint') return [{start: 0, names: all, kind: whole, mask: -1}];
  let start = 0;
  return sets.map(({names: {length}, kind}, number) => {
    const names = all.slice(start, start + length);
    const block = {start, names, kind, mask: all.length + number};
    start += names.length;
    return block;
  });
}

/** Returns the names that can't be shown together with one. */
export function rivals(labels, name) {
  const block = blocks(labels).find((one) => one.names.includes(name));
  const groups = block.kind === 'domains' ? [block.names] : labels.exclusive;
  return groups.filter((group) => group.includes(name)).flat().filter((other) => other !== name);
}

/**
 * Returns the label vector of what a picture is to show.
 * @param {object} labels Of the description.
 * @param {string[]} own What it shows now.
 * @param {Array<[string, boolean]>} edits Names of one data set, each with whether it is wanted.
 * @return {Float32Array}
 */
export function edited(labels, own, edits) {
  const all = blocks(labels);
  const block = all.find((one) => one.names.includes(edits[0][0]));
  const wanted = new Set(own.filter((name) => block.names.includes(name)));
  for (const [name, on] of edits) {
    if (on) rivals(labels, name).forEach((other) => wanted.delete(other));
    wanted[on ? 'add' : 'delete'](name);
  }
  const masks = labels.kind === 'joint' ? all.length : 0;
  const vector = new Float32Array(labels.names.length + masks);
  block.names.forEach((name, i) => (vector[block.start + i] = wanted.has(name) ? 1 : 0));
  if (block.mask >= 0) vector[block.mask] = 1;
  return vector;
}

/** Returns whether two labels can be asked for in one translation. */
export function together(labels, name, other) {
  const block = blocks(labels).find((one) => one.names.includes(name));
  return block.names.includes(other) && !rivals(labels, name).includes(other);
}

/**
 * Returns the wishes.
 * @param {object} model The description.
 * @param {object} choices kind, targets, shows, mixture (names), seed, count, references.
 * @return {object[]}
 */
export function wishes(model, choices) {
  const ways = model.ways.filter((way) => way.kind === choices.kind);
  if (choices.kind === 'label') return labelled(model, choices, ways[0]);
  if (choices.kind === 'direction') return directed(model, choices, ways);
  const styles = choices.kind === 'latent' ? latents(model, choices) : choices.references;
  return choices.targets.flatMap((name) => styles.map((style) => ({
    key: `${name}/${style.key}`,
    title: `${shown(name)}, ${style.title}`,
    row: shown(name),
    target: name,
    way: ways[0],
    given: {...style.given, domain: Int32Array.of(model.labels.names.indexOf(name))},
  })));
}

function latents(model, {seed, count}) {
  return Array.from({length: Math.min(count, model.seeds)}, (_, i) => {
    const number = (seed + i) % model.seeds;
    return {
      key: `seed-${number}`,
      title: `style ${number}`,
      given: {latent: model.latents[number]},
    };
  });
}

function labelled(model, {targets, shows, mixture}, way) {
  const {labels} = model;
  const wish = (key, title, edits) =>
    ({key, title, row: '', target: key, way, given: {label: edited(labels, shows, edits)}});
  const singles = targets.map((name) => {
    const free = !rivals(labels, name).length; // one that can also be taken away
    const on = !(free && shows.includes(name));
    return wish(name, on ? shown(name) : `without ${shown(name)}`, [[name, on]]);
  });
  if (mixture.length < 2) return singles;
  const title = mixture.map(shown).join(' + ');
  return [wish('mixture', title, mixture.map((name) => [name, true])), ...singles];
}

function directed(model, {targets, shows}, ways) {
  const {names} = model.labels;
  const known = ways.filter((way) => !shows.length || shows.includes(names[way.source]));
  return known.filter((way) => targets.includes(names[way.target])).map((way) => ({
    key: `${names[way.source]}/${names[way.target]}`,
    title: `${shown(names[way.source])} to ${shown(names[way.target])}`,
    row: '',
    target: names[way.target],
    way,
    given: {},
  }));
}
