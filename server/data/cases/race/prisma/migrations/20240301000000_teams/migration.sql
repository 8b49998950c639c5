/*
  Warnings: the column team_id is added.
*/
-- AlterTable
ALTER TABLE "riders" ADD COLUMN     "team_id" INTEGER;

-- CreateTable
CREATE TABLE "teams" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "colours" TEXT[],

    CONSTRAINT "teams_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "riders" ADD CONSTRAINT "riders_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams"("id") ON DELETE SET NULL ON UPDATE CASCADE;
