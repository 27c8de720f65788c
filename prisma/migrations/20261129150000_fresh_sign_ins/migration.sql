-- People who have no password here sign in again with the identity provider before they sign a report. Written by hand.

CREATE TABLE "FreshSignIn" (
  "stateHash" TEXT NOT NULL,
  "sessionId" TEXT NOT NULL,
  "beganAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
  "provedAt" TIMESTAMPTZ(3),
  CONSTRAINT "FreshSignIn_pkey" PRIMARY KEY ("stateHash"),
  CONSTRAINT "FreshSignIn_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "FreshSignIn_sessionId_idx" ON "FreshSignIn" ("sessionId");
