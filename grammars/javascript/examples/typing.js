const express = require("express");

class Router {
  constructor(app) {
    this.app = app;
  }

  mount(prefix) {
    this.app.get(prefix, (request, response) => {
      if (request.query.
    });
  }
}

function start(port) {
  const app = express();
  new Router(app).mount("/"
  app.listen(port);
}
