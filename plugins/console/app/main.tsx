import { render } from "preact";
import { Route, Router, Switch } from "wouter-preact";
import { ErrorsPage } from "./pages/errors-page.js";
import { HistoryPage } from "./pages/history-page.js";
import { ModelPage } from "./pages/model-page.js";
import { OverviewPage } from "./pages/overview-page.js";
import { ServerPage } from "./pages/server-page.js";
import { Empty } from "./parts/notice.js";
import { Shell } from "./parts/shell.js";
import "./styles.css";

function Console() {
  return (
    <Router base="/console">
      <Shell>
        <Switch>
          <Route path="/" component={OverviewPage} />
          <Route path="/models/:model">
            {({ model }) => <ModelPage key={model} model={decodeURIComponent(model)} />}
          </Route>
          <Route path="/history" component={HistoryPage} />
          <Route path="/errors" component={ErrorsPage} />
          <Route path="/server" component={ServerPage} />
          <Route>
            <Empty>There is no such page.</Empty>
          </Route>
        </Switch>
      </Shell>
    </Router>
  );
}

const root = document.getElementById("console");
if (root !== null) render(<Console />, root);
