export interface HomeParts {
  readonly hasLogin: boolean;
  readonly hasToken: boolean;
}

/** The page as it is before its script has run; nothing in it comes from anybody. */
export const homeHtml = ({ hasLogin, hasToken }: HomeParts): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Syncrator</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="home.css">
<script type="module" src="home.js"></script>
</head>
<body data-token="${hasToken ? 'needed' : 'none'}">
<a class="skip" href="#jobs">Skip to the jobs</a>
<header>
<h1>Syncrator</h1>
<p>Starts synchronisation jobs, and keeps what becomes of them.</p>
</header>
<main>
${hasLogin ? LOGIN : hasToken ? TOKEN : ''}<section aria-labelledby="start-title">
<h2 id="start-title">Start a job</h2>
<form id="start">
<label>Action <select name="action"><option>sync</option><option>delta</option><option>delete</option><option>diff</option></select></label>
<label>Project <input name="project" required autocomplete="off" spellcheck="false"></label>
<label>Env <input name="env" autocomplete="off" spellcheck="false" aria-describedby="env-hint"></label>
<button type="submit" value="dry-run" class="quiet">Dry run</button>
<button type="submit" value="start">Start</button>
</form>
<p id="env-hint" class="hint">Without an env it is the server’s own.</p>
<p id="start-said" role="status"></p>
<div id="plan-part" hidden>
<h3 id="plan-title">What a start would make</h3>
<pre id="plan" tabindex="0" role="region" aria-labelledby="plan-title"></pre>
</div>
</section>
<section id="jobs" aria-labelledby="jobs-title" tabindex="-1">
<h2 id="jobs-title">Jobs</h2>
<p id="jobs-said" role="status">Loading…</p>
<div class="scroll" role="region" aria-label="Table of jobs" tabindex="0">
<table>
<thead><tr><th scope="col">Job</th><th scope="col">Target</th><th scope="col">Env</th><th scope="col">Action</th><th scope="col">Status</th><th scope="col" class="number">Records</th><th scope="col">Created</th><th scope="col">Changed</th><th scope="col">Delete</th></tr></thead>
<tbody id="rows"></tbody>
</table>
</div>
<nav aria-label="Pages of jobs">
<button type="button" id="newer" class="quiet" disabled>Newer</button>
<span id="page">Page 1</span>
<button type="button" id="older" class="quiet" disabled>Older</button>
</nav>
</section>
<section aria-labelledby="routes-title">
<h2 id="routes-title">Routes</h2>
<ul>
<li><a href="jobs?page=1">GET /jobs</a>, <code>/jobs/{id}</code>: jobs, newest first; one with what its program has reported</li>
<li><a href="sync_jobs?page=1">GET /sync_jobs</a>: what programs have reported</li>
<li><code>GET</code> and <code>POST /{sync,delta,delete,diff}/{project}/{env}</code>: dry run and start from predefined parameters</li>
<li><code>POST /dryrun</code>, <code>POST /run</code>: the same from parameters of your own</li>
<li><code>DELETE /jobs/{id}</code>: makes a job deleted, and removes what runs it</li>
<li><a href="health/live">GET /health/live</a>, <a href="openapi.json">GET /openapi.json</a>: whether the server runs; all of this for machines</li>
</ul>
</section>
</main>
<dialog id="confirm" aria-labelledby="confirm-title">
<form method="dialog">
<h2 id="confirm-title">Delete this job?</h2>
<p id="confirm-text"></p>
<p><button value="cancel" class="quiet" autofocus>Keep it</button> <button value="delete" class="danger">Delete it</button></p>
</form>
</dialog>
</body>
</html>
`;

/** Without its script it posts all the same, and the browser shows the answer. */
const LOGIN = `<section aria-labelledby="login-title">
<h2 id="login-title">Log in</h2>
<form id="login" method="post" action="login" enctype="multipart/form-data">
<label>Username <input name="username" required autocomplete="username" spellcheck="false"></label>
<label>Password <input name="password" type="password" required autocomplete="current-password"></label>
<button type="submit">Log in</button>
</form>
<p id="login-said" role="status">Starting and deleting need a login. It is forgotten when this page is left.</p>
</section>
`;

const TOKEN = `<section aria-labelledby="login-title">
<h2 id="login-title">Token</h2>
<form id="login">
<label>Token <input name="token" type="password" required autocomplete="off"></label>
<button type="submit">Use it</button>
</form>
<p id="login-said" role="status">Starting and deleting need a token. It is forgotten when this page is left.</p>
</section>
`;
