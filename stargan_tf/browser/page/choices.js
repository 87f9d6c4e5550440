// The chips and numbers with which visitors say what is to be made.

import {update} from './results.js';
import {state} from './state.js';
import {$, chips} from './widgets.js';
import {MOST_TARGETS, rivals, shown, together} from './wishes.js';

const WAYS = {latent: 'By number', reference: 'Of another picture'};

const named = (names) => names.map((name) => ({value: name, text: shown(name)}));
const toggled = (names, name) =>
  names.includes(name) ? names.filter((other) => other !== name) : [...names, name];

/**
 * Shows the choices that a model offers.
 * @param {string[]} kinds Of its ways.
 */
export function showChoices(kinds) {
  const parts = ['ways', 'latent', 'reference', 'targets', 'mixture'];
  for (const id of [...parts, 'shows']) $(id).hidden = true;
  if (kinds.length > 1 && kinds.every((kind) => kind in WAYS)) showWays(kinds);
  showTargets();
  showMixture();
  showOwn();
  showWay();
  $('seed').max = state.model.seeds - 1;
  $('seed').value = state.choices.seed;
  $('count').value = state.choices.count;
  $('choices').hidden = parts.every((id) => $(id).hidden);
}

function showWays(kinds) {
  const options = kinds.map((value) => ({value, text: WAYS[value]}));
  chips($('ways'), options, (kind) => kind === state.choices.kind, (kind) => {
    state.choices.kind = kind;
    showWay();
    update();
  }, true);
}

function showWay() {
  for (const kind of Object.keys(WAYS)) $(kind).hidden = state.choices.kind !== kind;
}

/** Shows chips for the labels that are translated to, if there are many. */
function showTargets() {
  const {model, choices} = state;
  if (model.targets.length <= MOST_TARGETS) return;
  chips($('targets'), named(model.targets), (name) => choices.targets.includes(name), (name) => {
    choices.targets = toggled(choices.targets, name);
    update();
  });
}

/** Shows chips for labels that can be asked for together. */
function showMixture() {
  const {model: {labels, targets}, choices} = state;
  const some = targets.some((name) => targets.some(
      (other) => other !== name && together(labels, name, other)));
  if (choices.kind !== 'label' || !some) return;
  chips($('mixture'), named(targets), (name) => choices.mixture.includes(name), (name) => {
    const fitting = choices.mixture.filter(
        (other) => other === name || together(labels, name, other));
    choices.mixture = toggled(fitting, name);
    if (choices.mixture.length > 1) state.selected = 'mixture';
    update();
  });
}

/** Shows chips for what the picture shows, where that decides how it is translated. */
export function showOwn() {
  const {model: {labels}, choices} = state;
  const directed = choices.kind === 'direction';
  if (!directed && !(choices.kind === 'label' && labels.kind !== 'domains')) return;
  const excluded = (name) => directed ? labels.names : rivals(labels, name);
  chips($('shows'), named(labels.names), (name) => choices.shows.includes(name), (name) => {
    const fitting = choices.shows.filter(
        (other) => other === name || !excluded(name).includes(other));
    choices.shows = toggled(fitting, name);
    update();
  });
}
