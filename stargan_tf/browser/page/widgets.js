// Small parts of the page: chips that are pressed, pictures that are chosen, the comparison.

/** Returns the element with an id. */
export const $ = (id) => document.getElementById(id);

/**
 * Fills a field set with chips.
 * @param {HTMLElement} fieldset
 * @param {Array<{value: string, text: string}>} options
 * @param {function(string): boolean} chosen Whether one is.
 * @param {function(string)} choose Called with the value of a pressed one.
 * @param {boolean=} single Whether just one can be chosen.
 */
export function chips(fieldset, options, chosen, choose, single = false) {
  const buttons = options.map(({value, text}) => {
    const input = document.createElement('input');
    input.type = single ? 'radio' : 'checkbox';
    input.name = fieldset.id;
    input.value = value;
    input.checked = chosen(value);
    input.addEventListener('change', () => {
      choose(value);
      for (const other of fieldset.querySelectorAll('input')) other.checked = chosen(other.value);
    });
    const label = document.createElement('label');
    label.append(input, text);
    return label;
  });
  fieldset.querySelector('.chips').replaceChildren(...buttons);
  fieldset.hidden = false;
}

/**
 * Fills a group with small pictures as buttons.
 * @param {HTMLElement} group
 * @param {Array<{title: string, canvas: HTMLCanvasElement}>} pictures
 * @param {function(number)} choose Called with the number of a pressed one.
 * @param {function(number): boolean=} pressed Whether one is on; left out: they are no switches.
 */
export function thumbs(group, pictures, choose, pressed = null) {
  const buttons = pictures.map(({title, canvas}, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.title = title;
    button.setAttribute('aria-label', title);
    button.append(canvas);
    const show = () => pressed && button.setAttribute('aria-pressed', pressed(i));
    show();
    button.addEventListener('click', () => {
      choose(i);
      show();
    });
    return button;
  });
  group.replaceChildren(...buttons);
}

/** Draws a canvas on another. */
function copy(from, to) {
  to.width = from.width;
  to.height = from.height;
  to.getContext('2d').drawImage(from, 0, 0);
}

/** Sets how much of the picture before is shown, in percent. */
export function cut(percent) {
  $('cut').value = percent;
  $('compare').style.setProperty('--cut', `${percent}%`);
}

/**
 * Shows a result large, over the picture that it was made of.
 * @param {string} title
 * @param {HTMLCanvasElement} before
 * @param {HTMLCanvasElement} after
 */
export function compare(title, before, after) {
  copy(before, $('before'));
  copy(after, $('after'));
  $('viewer-title').textContent = title;
  $('viewer').hidden = false;
  const link = $('download');
  link.download = `${title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.png`;
  link.href = after.toDataURL('image/png');
}
