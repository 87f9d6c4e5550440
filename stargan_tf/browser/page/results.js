// The results: a tile for each wish, computed one after the other, and one of them shown large.

import {toCanvas} from './pictures.js';
import {complain, state} from './state.js';
import {$, compare} from './widgets.js';
import {wishes} from './wishes.js';

const compute = new URLSearchParams(location.search).get('compute'); // "wasm", "webgpu" or nothing
const painted = () => new Promise((resolve) => setTimeout(resolve)); // lets the browser draw

/** Makes all results anew; a call while it works ends what was begun. */
export async function update() {
  const mine = ++state.turn;
  const section = $('results');
  if (!state.source) return;
  const references = state.references.filter(({on}) => on);
  const list = wishes(state.model, {...state.choices, references});
  if (!list.some(({key}) => key === state.selected)) {
    const differs = list.find(({target}) => !state.choices.shows.includes(target));
    state.selected = (differs ?? list[0])?.key ?? '';
  }
  section.setAttribute('aria-busy', 'true');
  const tiles = showGrid(list);
  $('viewer').hidden = !list.length;
  try {
    const first = list.findIndex(({key}) => key === state.selected);
    const order = [...list.keys()].sort((a, b) => (b === first) - (a === first) || a - b);
    for (const [done, i] of order.entries()) {
      $('progress').textContent = `Result ${done + 1} of ${list.length} …`;
      await painted();
      if (mine !== state.turn) return;
      const pixels = await state.engine.translate(list[i].way, state.source.pixels, list[i].given);
      if (mine !== state.turn) return;
      toCanvas(pixels, state.model.image_size, tiles[i].querySelector('canvas'));
      tiles[i].disabled = false;
      if (list[i].key === state.selected) show(list[i], tiles[i]);
    }
    $('progress').textContent = list.length ? 'Press a result to see it large.' : noResult();
    section.setAttribute('aria-busy', 'false');
    if (compute !== 'wasm' && list.length) await state.engine.accelerate(compute === 'webgpu');
    if (mine === state.turn) $('computed').textContent = state.engine.computedBy;
  } catch (error) {
    if (mine !== state.turn) return;
    section.setAttribute('aria-busy', 'false');
    complain(`The result could not be computed (${error.message}); load the page again.`);
    console.error(error);
  }
}

function noResult() {
  if (state.choices.kind === 'reference') return 'Add a picture whose style is to be taken.';
  return 'Nothing to translate to; choose at least one above.';
}

/** Shows an empty tile for each wish, in rows where they have any; returns the tiles. */
function showGrid(list) {
  const tiles = list.map((wish) => {
    const tile = document.createElement('button');
    tile.type = 'button';
    tile.className = 'tile';
    tile.disabled = true;
    tile.dataset.key = wish.key;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = state.model.image_size;
    const text = document.createElement('span');
    text.textContent = wish.row ? wish.title.slice(wish.row.length + 2) : wish.title;
    tile.append(canvas, text);
    tile.setAttribute('aria-label', wish.title);
    tile.addEventListener('click', () => show(wish, tile));
    return tile;
  });
  const rows = Map.groupBy ? Map.groupBy(tiles.keys(), (i) => list[i].row) : grouped(list);
  $('grid').replaceChildren(...[...rows].map(([row, members]) => {
    const block = document.createElement('div');
    block.className = 'row';
    if (row) {
      const heading = document.createElement('h3');
      heading.textContent = row;
      block.append(heading);
    }
    block.append(...members.map((i) => tiles[i]));
    return block;
  }));
  return tiles;
}

function grouped(list) {
  const rows = new Map();
  list.forEach(({row}, i) => rows.set(row, [...(rows.get(row) ?? []), i]));
  return rows;
}

function show(wish, tile) {
  state.selected = wish.key;
  compare(wish.title, state.source.canvas, tile.querySelector('canvas'));
  for (const other of document.querySelectorAll('.tile')) {
    other.setAttribute('aria-pressed', String(other === tile));
  }
}
