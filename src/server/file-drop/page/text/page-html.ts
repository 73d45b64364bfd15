// Made by .ci/build-page.js.
export const text = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>File drop</title>
    <link rel="icon" href="assets/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="assets/page.css" />
    <link rel="stylesheet" href="assets/table.css" />
    <script type="module" src="assets/main.js"></script>
  </head>
  <body>
    <header class="top">
      <h1>File drop</h1>
      <p id="connection" class="connection" role="status"></p>
    </header>
    <main>
      <noscript><p class="note">This page needs JavaScript.</p></noscript>

      <section id="access" class="card" aria-labelledby="access-heading" hidden>
        <h2 id="access-heading">Access</h2>
        <form id="access-form" class="access">
          <label for="token">Token</label>
          <input id="token" type="password" autocomplete="current-password" required aria-describedby="access-note" />
          <button type="submit" class="primary">Continue</button>
          <p id="access-note" class="access-note" role="status">This server asks for a token. It is kept until the tab is closed.</p>
        </form>
      </section>

      <section class="drop" id="drop" aria-labelledby="drop-heading">
        <h2 id="drop-heading" class="unseen">Drop files</h2>
        <input id="files" class="unseen" type="file" multiple aria-describedby="drop-note" />
        <label for="files" class="button primary">Choose files</label>
        <p id="drop-note">or drop them here. Each becomes a job of its own.</p>
        <p id="drop-refusal" class="refusal" role="status"></p>
      </section>

      <section id="uploads" class="uploads" aria-label="Uploads"></section>

      <section aria-labelledby="files-heading">
        <div class="bar">
          <h2 id="files-heading">Files</h2>
          <fieldset id="filter" class="filter">
            <legend class="unseen">Show</legend>
          </fieldset>
          <button id="delete-all" type="button" class="danger" disabled>Delete all</button>
        </div>
        <p id="summary" class="unseen" role="status"></p>
        <p id="empty" class="note">No files yet.</p>
        <table id="table" hidden>
          <caption class="unseen">
            Files, newest first
          </caption>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Phase</th>
              <th scope="col" class="time">Time</th>
            </tr>
          </thead>
          <tbody id="rows"></tbody>
        </table>
        <p id="more" class="note" hidden></p>
      </section>
    </main>

    <dialog id="confirm" aria-labelledby="confirm-heading" aria-describedby="confirm-text">
      <h2 id="confirm-heading">Delete all jobs?</h2>
      <p id="confirm-text"></p>
      <p id="confirm-failure" class="refusal" role="alert"></p>
      <div class="choices">
        <button id="confirm-no" type="button" autofocus>Cancel</button>
        <button id="confirm-yes" type="button" class="danger">Delete all</button>
      </div>
    </dialog>
  </body>
</html>
`;
