DROP TABLE songs; DROP TABLE stations;
