-- Filters of lists that users have saved under a name. Written by hand.

CREATE TYPE "SavedViewPage" AS ENUM ('HISTORY', 'CASES');

CREATE TABLE "SavedView" (
  "id" TEXT NOT NULL PRIMARY KEY,
  "userId" TEXT NOT NULL REFERENCES "User" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  "page" "SavedViewPage" NOT NULL,
  "name" TEXT NOT NULL CHECK ("name" <> ''),
  "filters" TEXT NOT NULL CHECK ("filters" <> ''),
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp()
);
CREATE UNIQUE INDEX "SavedView_userId_page_name_key" ON "SavedView" ("userId", "page", "name");
