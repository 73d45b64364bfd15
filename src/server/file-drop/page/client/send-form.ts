import { authorization } from './access.ts';

/** How far a form is. */
export interface FormProgress {
  /** Of all bytes, from 0 to 1. */
  readonly share: number;
  /** Files that are sent as a whole. */
  readonly sent: number;
  /** Of the file that is being sent. */
  readonly name: string;
}

export interface Sending {
  /** Status 0 stands for no answer. */
  readonly answer: Promise<{ readonly status: number; readonly body: string }>;
  readonly cancelled: () => boolean;
  readonly cancel: () => void;
}

/** Sends files as one form; fetch could not tell how far it is. */
export function sendForm(
  files: readonly File[],
  dropId: string,
  onProgress: (progress: FormProgress) => void,
): Sending {
  const form = new FormData();
  for (const file of files) form.append('files[]', file);
  const request = new XMLHttpRequest();
  request.open('POST', `backend/files?drop=${dropId}&count=${files.length}`);
  for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
  const whole = files.reduce((sum, { size }) => sum + size, 0);
  request.upload.onprogress = ({ loaded, total }) => {
    // What stands around each file is as long for one as for another, nearly.
    const around = Math.max(0, total - whole) / files.length;
    onProgress(progressOf(files, loaded, total, around));
  };
  let isCancelled = false;
  const answer = new Promise<{ status: number; body: string }>((resolve) => {
    request.onloadend = () => resolve({ status: request.status, body: request.responseText });
  });
  request.send(form);
  return {
    answer,
    cancelled: () => isCancelled,
    cancel: () => {
      isCancelled = true;
      request.abort();
    },
  };
}

function progressOf(files: readonly File[], loaded: number, total: number, around: number): FormProgress {
  let end = 0;
  let sent = 0;
  for (const file of files) {
    end += file.size + around;
    if (end > loaded) return { share: loaded / total, sent, name: file.name };
    sent += 1;
  }
  return { share: 1, sent, name: '' };
}
