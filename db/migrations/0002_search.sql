CREATE TABLE "tidemark"."search_document" (
	"asset_id" bigint PRIMARY KEY NOT NULL,
	"words" "tsvector" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."search_word" (
	"word" text collate "C" PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE INDEX "search_document_words" ON "tidemark"."search_document" USING gin ("words");--> statement-breakpoint
CREATE INDEX "asset_name" ON "tidemark"."asset" USING hash (lower("name"));