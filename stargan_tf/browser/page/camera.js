// The camera: shows what it sees, mirrored as a mirror does, and takes a picture of it.

import {BadPicture} from './pictures.js';

const REASONS = {
  NotAllowedError: 'The camera may not be used by this page; allow it in the browser’s settings.',
  NotFoundError: 'No camera was found; choose a file instead.',
  NotReadableError: 'Another program uses the camera; close that, then try again.',
};

/** Returns whether there can be a camera: browsers have none for pages from http:. */
export const possible = () => Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Starts the camera.
 * @param {HTMLVideoElement} video Shows it.
 * @throws {BadPicture} There is none, or it may not be used.
 */
export async function start(video) {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: {facingMode: 'user', width: {ideal: 1280}, height: {ideal: 720}},
    });
    await video.play();
  } catch (error) {
    stop(video);
    throw new BadPicture(REASONS[error.name] ?? `The camera does not start (${error.message}).`);
  }
}

/** Stops the camera, so that its light goes out. */
export function stop(video) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}
