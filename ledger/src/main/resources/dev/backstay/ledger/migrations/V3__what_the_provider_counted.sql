-- What a provider says of a deployment: requests per second, averaged over the minute before. A code of '' is all requests; others are errors.
CREATE TABLE provider_rate (
  at_ms             BIGINT           NOT NULL,
  account           TEXT             NOT NULL,
  deployment        TEXT             NOT NULL,
  code              TEXT             NOT NULL,
  per_second        DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (at_ms, account, deployment, code)
);
