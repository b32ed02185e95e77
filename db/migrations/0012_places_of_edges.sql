ALTER TABLE "tidemark"."lineage_edge" ADD COLUMN "line" integer;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_edge" ADD COLUMN "end_line" integer;--> statement-breakpoint
CREATE INDEX "asset_default_branch" ON "tidemark"."asset" USING btree ("parent_id") WHERE kind = 'branch' and properties ? 'default';