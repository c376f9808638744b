// Times in the reader's zone: the server writes its own, and says so. Ages grow while a page is open. The shapes are the
// server's (console/web/times.py).
const day = 86400;
const units = [[2 * 365 * day, 365 * day, "y"], [day, day, "d"], [3600, 3600, "h"], [60, 60, "min"], [0, 1, "s"]];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (number) => String(number).padStart(2, "0");
const zones = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const zone = (date) => zones.formatToParts(date)
  .find((part) => part.type === "timeZoneName").value;
const date = (moment) => `${moment.getDate()} ${months[moment.getMonth()]}`;
const dated = (moment) => (moment.getFullYear() === new Date().getFullYear() ? date(moment) : `${date(moment)} ${moment.getFullYear()}`);
const clock = (moment) => [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":");
const seconds = (moment) => Math.max(0, Math.floor((Date.now() - moment) / 1000));
const inLargestUnit = (length) => {
  const [, size, unit] = units.find(([least]) => length >= least);
  return `${Math.floor(length / size)} ${unit}`;
};

// Whether it was on the day so many days before today, as the reader's clock has it.
function isDaysBefore(moment, days) {
  const then = new Date();
  then.setDate(then.getDate() - days);
  return moment.toDateString() === then.toDateString();
}

function utc(moment) {
  const [, number, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(moment.toUTCString());
  return `${Number(number)} ${month} ${year} ${time} UTC`;
}

const shapes = {
  age: (moment) => inLargestUnit(seconds(moment)),
  ago(moment) {
    const words = document.body.dataset;
    if (seconds(moment) < 5) return words.justNow;
    if (seconds(moment) < day) return words.ago.replace("{age}", shapes.age(moment));
    return shapes.day(moment);
  },
  coming(moment) {
    const left = Math.floor((moment - Date.now()) / 1000);
    return left < 5 ? document.body.dataset.soon : document.body.dataset.coming.replace("{time}", inLargestUnit(left));
  },
  clock: (moment) => (isDaysBefore(moment, 0) ? clock(moment) : `${dated(moment)} ${clock(moment)}`),
  minute: (moment) => (isDaysBefore(moment, 0) ? clock(moment).slice(0, 5) : dated(moment)),
  day(moment) {
    const words = document.body.dataset;
    if (isDaysBefore(moment, 0)) return words.today;
    return isDaysBefore(moment, 1) ? words.yesterday : dated(moment);
  },
  time: clock,
  exact: (moment) => `${date(moment)} ${moment.getFullYear()} ${clock(moment)} ${zone(moment)}`,
};

// The reader's own time with its zone, and the one that logs and kubectl have; `said`: what the moment is.
function title(moment, said = "{time}") {
  const here = shapes.exact(moment);
  return said.replace("{time}", here === utc(moment) ? here : `${here} (${utc(moment)})`);
}

// The text is changed where there is one: a new one would have the page styled anew (:has).
function write(time, words) {
  if (time.childNodes.length === 1 && time.firstChild.nodeType === Node.TEXT_NODE) time.firstChild.data = words;
  else time.textContent = words;
}

// Which moment the title of a time is of: it does not grow with it.
const titled = new WeakMap();

// A piece from the stream comes without words, or with the server's: they are put in at once.
function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const shape = shapes[time.dataset.time || "age"];
    if (Number.isNaN(moment.getTime()) || !shape) continue;
    const words = shape(moment);
    if (words !== time.textContent) write(time, words);
    if (titled.get(time) === time.dateTime && time.title) continue;
    time.title = title(moment, time.dataset.title);
    titled.set(time, time.dateTime);
  }
}

refresh();
setInterval(refresh, 5000);
document.addEventListener("berth:changed", refresh);
document.addEventListener("htmx:afterSettle", refresh);
