// browse.mjs BOOK [SCREENSHOTS] - read the book as people do, in Chromium.
//
// Every page, at 360 and at 1,280 px, light and dark: nothing is wider than
// the window, nothing is said on the console, nothing is asked of the network,
// axe-core has no complaint, every link and anchor leads somewhere. On every
// page of a chapter, in both languages, a session is stepped to its end and
// back; print and a browser without JavaScript show every transcript.
//
// Wants puppeteer-core and axe-core (npm) and Debian's chromium.
import { readdirSync, readFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const book = resolve(process.argv[2]);
const pictures = process.argv[3];
if (pictures) mkdirSync(pictures, { recursive: true });
const require = createRequire(join(process.cwd(), 'x.js'));
const puppeteer = (await import(pathToFileURL(require.resolve('puppeteer-core')))).default;
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let faults = 0;
const complain = (where, what) => {
  console.log(`${where}: ${what}`);
  faults++;
};

const html_files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? html_files(join(folder, entry.name))
    : entry.name.endsWith('.html') ? [join(folder, entry.name)] : []);
const all = html_files(book);
const pages = all.filter((file) => /(\.ko)?\.html$/.test(file) && !/print\.(en|ko)\.html$/.test(file));

// Links and anchors, from the text of the files.
const ids = new Map(all.map((file) => [file,
  new Set([...readFileSync(file, 'utf8').matchAll(/ id="([^"]*)"/g)].map((match) => match[1]))]));
let links = 0;
for (const file of pages) {
  for (const match of readFileSync(file, 'utf8').matchAll(/ (?:href|src)="([^"]*)"/g)) {
    const target = match[1].replace(/&amp;/g, '&');
    if (/^(https?:|mailto:|data:)/.test(target)) continue;
    links++;
    const [path, anchor] = target.split('#');
    const goal = path ? resolve(dirname(file), decodeURIComponent(path)) : file;
    if (!existsSync(goal)) complain(relative(book, file), `no ${target}`);
    else if (anchor && !ids.get(goal)?.has(decodeURIComponent(anchor))) {
      complain(relative(book, file), `no anchor ${target}`);
    }
  }
}

// A browser for each way to look, so that two can work at once; one window in
// it, for Chromium draws no other than that in front, and to open one for each
// page takes a process each.
const open = async (width, scripts, dark) => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const [page] = await browser.pages();
  const opened = { browser, page, way: `at ${width}${dark ? ', dark' : ''}${scripts ? '' : ', no script'}` };
  page.on('console', (message) => complain(opened.where, `console: ${message.text()}`));
  page.on('pageerror', (error) => complain(opened.where, `error: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) complain(opened.where, `asks for ${request.url()}`);
  });
  page.on('requestfailed', (request) => complain(opened.where, `no ${request.url()}`));
  await page.setJavaScriptEnabled(scripts);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.setViewport({ width, height: 800 });
  return opened;
};
const visit = async (file, opened) => {
  opened.where = `${relative(book, file)} ${opened.way}`;
  await opened.page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
  return [opened.page, opened.where];
};
const not_wider = async (page, where) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) complain(where, `${wide} px wider than the window`);
};
// The lines that the lanes show, and those that the transcript has.
const in_lanes = (page) => page.$$eval('.stage .lane li', (lines) => lines.length);

const step_through = async (page, where) => {
  const lines = await page.$eval('.session ol', (list) =>
    [...list.children].filter((line) => line.className !== 'say').length);
  await page.click('.session > button');
  if (await page.$eval('.stage', (stage) => document.activeElement !== stage)) {
    complain(where, 'the player has no focus');
  }
  let presses = 0;
  const end = () => page.$$eval('.stage > button', (buttons) => buttons[1].disabled);
  const first = await in_lanes(page);
  for (; !(await end()) && presses < 200; presses++) {
    await page.keyboard.press(presses % 2 ? 'Enter' : 'ArrowRight');
  }
  if (await in_lanes(page) !== lines) complain(where, `${await in_lanes(page)} of ${lines} lines at its end`);
  await not_wider(page, `${where}, played`);
  for (; presses > 0; presses--) await page.keyboard.press('ArrowLeft');
  if (await in_lanes(page) !== first) complain(where, 'back is not where it began');
  await page.keyboard.press('Escape');
  if (await page.$('.stage')) complain(where, 'Escape does not close the player');
};

let played = 0, looked = 0;
const read_all = async (width, dark) => {
  const opened = await open(width, true, dark);
  for (const file of pages) {
    const [page, where] = await visit(file, opened);
    looked++;
    await not_wider(page, where);
    const chapter = /ch\d\d_/.test(file) && await page.$('.session');
    await page.evaluate(axe);
    const found = await page.evaluate(() => globalThis.axe.run(document, { preload: false,
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
    for (const violation of found.violations) {
      complain(where, `axe ${violation.id}: ${violation.nodes[0].html.slice(0, 160)}`);
    }
    if (chapter) {
      await step_through(page, where);
      played++;
    }
    if (pictures && /ch03.*(index|streams)/.test(file)) {
      await page.screenshot({ path: join(pictures, `${relative(book, file).replace(/\W/g, '_')}_${width}.png`) });
    }
  }
  await opened.browser.close();
};
await Promise.all([read_all(360, false), read_all(1280, true)]);

// Without a script, and on paper, every line of every session stands there.
const see_all = async (scripts) => {
  const opened = await open(1280, scripts, false);
  if (scripts) await opened.page.emulateMediaType('print');
  for (const file of pages.filter((name) => /ch\d\d_.*(index|streams)(\.ko)?\.html$/.test(name))) {
    const [page, where] = await visit(file, opened);
    const hidden = await page.$$eval('.session', (sessions) => sessions.filter((one) => {
      const folded = one.closest('details:not([open])');
      return !folded && one.querySelector('ol').getBoundingClientRect().height === 0;
    }).length);
    if (hidden) complain(where, `${hidden} transcripts are not to be seen`);
  }
  await opened.browser.close();
};
await Promise.all([see_all(false), see_all(true)]);
console.log(`${all.length} files, ${links} links, ${looked} looks, ${played} sessions played, ${faults} faults`);
process.exit(faults ? 1 : 0);
