// Keeps the client on the phone: everything of one version at once, or nothing of it. Data of people never comes through here.
const VERSION = "{{ version }}", SHELL = "{{ shell }}", FILES = {{ files|safe }}.files;
const CLIENT = "lazaretto-{{ client|default:"ward" }}-", NAME = CLIENT + VERSION;

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(NAME);
    await cache.addAll([SHELL, ...FILES].map((path) => new Request(path, { cache: "reload" })));
    await self.skipWaiting();
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(CLIENT) && name !== NAME);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  const page = event.request.mode === "navigate" && pathname === SHELL;
  if (!page && !FILES.includes(pathname)) return;
  event.respondWith((async () => {
    const cache = await caches.open(NAME);
    return (await cache.match(page ? SHELL : pathname, { ignoreVary: true })) ?? fetch(event.request);
  })());
});
