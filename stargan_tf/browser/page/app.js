// The page: opens models, and takes pictures from files, the clipboard, the camera and examples.

import {showAbout} from './about.js';
import * as camera from './camera.js';
import {showChoices, showOwn} from './choices.js';
import {Engine} from './engine.js';
import {BadPicture, fromDrawable, fromFile, toCanvas} from './pictures.js';
import {update} from './results.js';
import {complain, fetched, state} from './state.js';
import {$, cut, thumbs} from './widgets.js';
import {MOST_TARGETS, shown} from './wishes.js';

const MOST_REFERENCES = 6;

/** Returns a handler that shows what goes wrong as a sentence. */
function guarded(action) {
  return async (...given) => {
    complain('');
    try {
      await action(...given);
    } catch (error) {
      complain(error.message);
      if (!(error instanceof BadPicture)) throw error;
    }
  };
}

// ---------------------------------------------------------------- models

/** Loads a model and shows the page for it. */
async function openModel(name) {
  const mine = ++state.turn;
  const folder = `models/${encodeURIComponent(name)}/`;
  $('status').textContent = 'Loading the model …';
  $('status').hidden = false;
  const description = await (await fetched(`${folder}model.json`)).json();
  const content = new Uint8Array(await (await fetched(`${folder}model.tflite`)).arrayBuffer());
  if (description.seeds) {
    const codes = new Float32Array(await (await fetched(`${folder}latents.f32`)).arrayBuffer());
    const long = codes.length / description.seeds;
    description.latents = Array.from(
        {length: description.seeds}, (_, i) => codes.slice(i * long, (i + 1) * long));
  }
  const next = await Engine.open(description, content);
  const pictures = await Promise.all(description.examples.map(async (example, i) => {
    const blob = await (await fetched(folder + example.file)).blob();
    const name = `Picture ${i + 1}`;
    const labels = example.shows.map(shown).join(', ');
    const picture = await fromFile(blob, example.file, description);
    return {...example, ...picture, name, title: labels ? `${name}: ${labels}` : name};
  }));
  if (mine !== state.turn) { // the visitor has chosen another model meanwhile
    next.close();
    return;
  }
  state.engine?.close();
  const kinds = [...new Set(description.ways.map((way) => way.kind))];
  const targets = some(description.targets);
  const choices = {kind: kinds[0], targets, shows: [], mixture: [], seed: 0, count: 4};
  Object.assign(state, {model: description, engine: next, choices});
  Object.assign(state, {source: null, references: [], selected: ''});
  await showAbout(folder);
  $('grid').replaceChildren();
  $('viewer').hidden = $('source').hidden = true;
  $('hint').hidden = false;
  $('progress').textContent = 'Choose a picture to begin.';
  $('status').hidden = true;
  $('main').hidden = false;
  showChoices(kinds);
  showExamples(pictures);
}

/** Returns all names or, of many, some that are evenly spaced. */
function some(names) {
  const count = Math.min(names.length, MOST_TARGETS);
  const step = (names.length - 1) / Math.max(count - 1, 1);
  return Array.from({length: count}, (_, i) => names[Math.round(i * step)]);
}

// ---------------------------------------------------------------- pictures

function showExamples(pictures) {
  const sources = pictures.filter(({roles}) => roles.includes('source'));
  $('examples-block').hidden = !sources.length;
  thumbs($('examples'), sources, (i) => take(sources[i], sources[i].shows));
  const styles = pictures.filter(({roles}) => roles.includes('reference'));
  for (const one of styles.slice(0, MOST_REFERENCES)) addReference(one, one.name.toLowerCase());
  state.references.forEach((one, i) => (one.on = i < 3));
  showReferences();
  if (sources.length) take(sources[0], sources[0].shows);
}

/** Takes a picture as the one to translate; `shows` names its labels, null: those of before. */
function take(picture, shows = null) {
  camera.stop($('video'));
  showCamera(false);
  state.source = picture;
  if (shows) {
    state.choices.shows = [...shows];
    showOwn();
  }
  const drawn = $('source');
  drawn.width = drawn.height = state.model.image_size;
  drawn.getContext('2d').drawImage(picture.canvas, 0, 0);
  drawn.hidden = false;
  $('hint').hidden = true;
  return update();
}

async function takeFile(file) {
  if (file) await take(await fromFile(file, file.name || 'The picture', state.model), []);
}

function addReference({pixels, canvas}, name) {
  state.references.push({
    key: `reference-${state.references.length + 1}`,
    title: `like ${name}`,
    canvas: toCanvas(pixels, canvas.width),
    given: {reference: pixels},
    on: true,
  });
}

function showReferences() {
  thumbs($('references'), state.references, (i) => {
    state.references[i].on = !state.references[i].on;
    update();
  }, (i) => state.references[i].on);
}

function showCamera(on) {
  $('video').hidden = $('shoot').hidden = $('stop').hidden = !on;
  $('choose').hidden = on;
  $('camera').hidden = on || !camera.possible();
  $('source').hidden = on || !state.source;
  $('hint').hidden = on || Boolean(state.source);
}

// ---------------------------------------------------------------- events

$('choose').addEventListener('click', () => $('file').click());
$('file').addEventListener('change', guarded(async () => {
  const [file] = $('file').files;
  $('file').value = ''; // so that the same one can be chosen again
  await takeFile(file);
}));
addEventListener('paste', guarded((event) => takeFile(event.clipboardData.files[0])));
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('dragenter', () => $('drop').classList.add('over'));
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) $('drop').classList.remove('over');
});
addEventListener('drop', guarded(async (event) => {
  event.preventDefault();
  $('drop').classList.remove('over');
  await takeFile(event.dataTransfer.files[0]);
}));
$('camera').addEventListener('click', guarded(async () => {
  showCamera(true);
  $('shoot').disabled = true;
  await camera.start($('video')).catch((error) => {
    showCamera(false);
    throw error;
  });
  $('shoot').disabled = false;
}));
$('stop').addEventListener('click', () => {
  camera.stop($('video'));
  showCamera(false);
});
$('shoot').addEventListener('click', guarded(() => {
  const {videoWidth, videoHeight} = $('video');
  return take(fromDrawable($('video'), videoWidth, videoHeight, state.model), []);
}));
$('again').addEventListener('click', guarded(() => {
  const result = $('after');
  return take(fromDrawable(result, result.width, result.height, {...state.model, crop_size: 0}));
}));
$('seed').addEventListener('change', () => {
  const seed = Math.trunc(Number($('seed').value)) || 0;
  state.choices.seed = Math.min(Math.max(seed, 0), state.model.seeds - 1);
  $('seed').value = state.choices.seed;
  update();
});
$('count').addEventListener('change', () => {
  state.choices.count = Number($('count').value);
  update();
});
$('others').addEventListener('click', () => {
  state.choices.seed = (state.choices.seed + state.choices.count) % state.model.seeds;
  $('seed').value = state.choices.seed;
  update();
});
$('add').addEventListener('click', () => $('reference-file').click());
$('reference-file').addEventListener('change', guarded(async () => {
  const files = [...$('reference-file').files];
  $('reference-file').value = '';
  for (const file of files) addReference(await fromFile(file, file.name, state.model), file.name);
  showReferences();
  await update();
}));
$('cut').addEventListener('input', () => cut($('cut').value));
$('model').addEventListener('change', guarded(() => openModel($('model').value)));

async function start() {
  try {
    const {models} = await (await fetched('models/index.json')).json();
    $('model').replaceChildren(...models.map((name) => new Option(shown(name), name)));
    $('models').hidden = models.length < 2;
    showCamera(false);
    cut(50);
    await openModel(models[0]);
  } catch (error) {
    $('status').hidden = true;
    complain(`${error.message} Load the page again, in a browser of this year.`);
    throw error;
  }
}

start();
