// Words that scripts write themselves, in the page's language; all other words come from the server.
window.inWords = (chinese, english) => (document.documentElement.lang === "en" ? english : chinese);
