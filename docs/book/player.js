// Steps through a session: each step is what somebody does or says, and all
// that comes of it. The transcript stays on the page as it is; this shows its
// lines again, in a lane for each terminal. Enter, right: on; left: back.
'use strict';
{
  const korean = document.documentElement.lang === 'ko';
  const words = korean
    ? { start: '한 단계씩 보기', on: '다음 →', back: '← 이전', close: '닫기', end: '끝', lane: '터미널' }
    : { start: 'Step through', on: 'On →', back: '← Back', close: 'Close', end: 'The end', lane: 'terminal' };

  const button = (text, action) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.addEventListener('click', action);
    return made;
  };

  // The lines in steps: a new one begins with what is said, typed, pressed.
  const steps_of = (list) => {
    const steps = [];
    for (const line of list.children) {
      const kind = line.className;
      const acts = kind === 'cmd' || kind === 'typed' || kind === 'key';
      const last = steps[steps.length - 1];
      const only_said = last && last.every((one) => one.className === 'say');
      if (!last || kind === 'say' && !only_said || acts && !only_said) steps.push([line]);
      else last.push(line);
    }
    return steps;
  };

  const open = (session, opener) => {
    const list = session.querySelector('ol');
    const steps = steps_of(list);
    const names = [...new Set([...list.children].filter((line) => line.className !== 'say')
      .map((line) => line.dataset.who))];
    let shown = 0;

    const stage = document.createElement('div');
    stage.className = 'stage';
    stage.tabIndex = 0;
    stage.setAttribute('role', 'group');
    stage.setAttribute('aria-label', list.getAttribute('aria-label'));
    const caption = document.createElement('p');
    caption.className = 'caption';
    caption.setAttribute('aria-live', 'polite');
    const lanes = document.createElement('div');
    lanes.className = 'lanes';

    const draw = () => {
      lanes.replaceChildren();
      caption.textContent = '';
      const boxes = new Map();
      for (const name of names) {
        const lane = document.createElement('section');
        lane.className = 'lane';
        lane.setAttribute('aria-label', `${words.lane} ${name}`);
        if (name) {
          const title = document.createElement('h4');
          title.textContent = name;
          lane.append(title);
        }
        const lines = document.createElement('ol');
        lane.append(lines);
        lanes.append(lane);
        boxes.set(name, lines);
      }
      steps.slice(0, shown).forEach((step, index) => {
        for (const line of step) {
          if (line.className === 'say') {
            if (index === shown - 1) caption.textContent += `${line.textContent} `;
            continue;
          }
          const copy = line.cloneNode(true);
          const who = copy.querySelector('.who');
          if (who && copy.dataset.who) {
            who.textContent = who.textContent.slice(copy.dataset.who.length).replace(/^: /, '');
          }
          if (index === shown - 1) copy.classList.add('new');
          boxes.get(line.dataset.who).append(copy);
        }
      });
      on.disabled = shown === steps.length;
      on.textContent = on.disabled ? words.end : words.on;
      back.disabled = shown === 1;
    };
    const go = (by) => {
      shown = Math.min(Math.max(shown + by, 1), steps.length);
      draw();
    };
    const close = () => {
      stage.remove();
      list.hidden = false;
      opener.hidden = false;
      opener.focus();
    };
    const on = button(words.on, () => go(1));
    const back = button(words.back, () => go(-1));
    stage.append(back, on, button(words.close, close), caption, lanes);

    stage.addEventListener('keydown', (event) => {
      const key = event.key;
      // Enter on a button presses that button.
      if (key === 'ArrowRight' || key === 'Enter' && event.target === stage) go(1);
      else if (key === 'ArrowLeft') go(-1);
      else if (key === 'Escape') close();
      else return;
      event.preventDefault();
    });
    let from = null;
    stage.addEventListener('touchstart', (event) => {
      from = event.changedTouches[0];
    }, { passive: true });
    stage.addEventListener('touchend', (event) => {
      const to = event.changedTouches[0];
      const across = to.clientX - from.clientX;
      if (Math.abs(across) > 40 && Math.abs(across) > 2 * Math.abs(to.clientY - from.clientY)) {
        go(across < 0 ? 1 : -1);
      }
    });

    list.hidden = true;
    opener.hidden = true;
    session.append(stage);
    go(1);
    stage.focus();
  };

  for (const session of document.querySelectorAll('.session')) {
    const opener = button(words.start, () => open(session, opener));
    session.prepend(opener);
  }

  // The switch at the top leads to the section that is being read.
  const change = document.querySelector('.switch');
  const places = [...document.querySelectorAll('main [id^="s-"]')];
  if (change) {
    const plain = change.getAttribute('href');
    change.addEventListener('click', () => {
      const passed = places.filter((place) => place.getBoundingClientRect().top < 120);
      const last = passed[passed.length - 1];
      change.setAttribute('href', last ? `${plain}#${last.id}` : plain);
    });
  }
  // The contents are open where there is room beside the page.
  const contents = document.querySelector('nav details');
  if (contents) contents.open = window.matchMedia('(min-width: 64rem)').matches;
}
