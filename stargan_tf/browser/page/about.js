// What the page says about a model: from its run, and from the card that it was published with.

import {fetched, state} from './state.js';
import {$} from './widgets.js';

/**
 * Fills the part "About this model".
 * @param {string} folder Of the model, with a slash at its end.
 */
export async function showAbout(folder) {
  const {about, name, step, bytes, versions, card} = state.model;
  $('introduction').textContent = about.introduction;
  $('data').textContent = about.data;
  $('limits').replaceChildren(...about.limits.map((text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  }));
  $('licence').textContent = about.licence ?
    `Licence of the weights: ${about.licence}.` :
    'The licence of the weights was not stated; ask who published this page before you use them.';
  const programs = Object.entries(versions).map((one) => one.join(' ')).join(', ');
  const size = (bytes / 2 ** 20).toFixed(1);
  $('versions').textContent = `${name}, step ${step}, ${size} MB; made with ${programs}.`;
  $('card').hidden = !card;
  if (card) {
    const text = await (await fetched(`${folder}card.md`)).text();
    $('card-text').textContent = text.replace(/^---\n.*?\n---\n/s, '').trim();
  }
  $('about').hidden = false;
}
