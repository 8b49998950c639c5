-- CreateEnum
CREATE TYPE "Level" AS ENUM ('AMATEUR', 'professional');

-- CreateTable
CREATE TABLE "riders" (
    "id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "born" DATE,
    "level" "Level" NOT NULL DEFAULT 'AMATEUR',
    "settings" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "riders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "results" (
    "rider_id" TEXT NOT NULL,
    "stage" INTEGER NOT NULL,
    "time" DECIMAL(10,3) NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "results_pkey" PRIMARY KEY ("rider_id","stage")
);

-- CreateIndex
CREATE UNIQUE INDEX "riders_number_key" ON "riders"("number");

-- AddForeignKey
ALTER TABLE "results" ADD CONSTRAINT "results_rider_id_fkey" FOREIGN KEY ("rider_id") REFERENCES "riders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
