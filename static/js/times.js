// Times in the reader's zone: the server writes its own, and says so. Ages grow while a page is open. The shapes are the
// server's (console/web/times.py).
const units = [[63072000, 31536000, "y"], [86400, 86400, "d"], [3600, 3600, "h"], [60, 60, "m"], [0, 1, "s"]];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (number) => String(number).padStart(2, "0");
const zone = (date) => new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(date)
  .find((part) => part.type === "timeZoneName").value;
const date = (moment) => `${two(moment.getDate())} ${months[moment.getMonth()]}`;
const clock = (moment) => [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":");

const shapes = {
  age(moment) {
    const seconds = Math.max(0, Math.floor((Date.now() - moment) / 1000));
    const [, size, unit] = units.find(([least]) => seconds >= least);
    return `${Math.floor(seconds / size)} ${unit}`;
  },
  day(moment) {
    if (Date.now() - moment < 86400000) return shapes.age(moment);
    const year = moment.getFullYear();
    return year === new Date().getFullYear() ? date(moment) : `${date(moment)} ${year}`;
  },
  clock: (moment) => `${clock(moment)} ${zone(moment)}`,
  exact: (moment) => `${date(moment)} ${moment.getFullYear()} ${clock(moment)} ${zone(moment)}`,
};

// A piece from the stream comes without words, or with the server's: they are put in at once.
function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const shape = shapes[time.dataset.time || "age"];
    if (Number.isNaN(moment.getTime()) || !shape) continue;
    const words = shape(moment);
    if (words !== time.textContent) time.textContent = words;
    const exact = shapes.exact(moment);
    if (exact !== time.title) time.title = exact;
  }
}

refresh();
setInterval(refresh, 5000);
document.addEventListener("berth:changed", refresh);
document.addEventListener("htmx:afterSettle", refresh);
