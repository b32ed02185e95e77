ALTER TABLE "tidemark"."lineage_field_edge" ADD COLUMN "line" integer;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_field_edge" ADD COLUMN "end_line" integer;